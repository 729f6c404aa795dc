"""The format of steps: one model per kind, and what all of them share."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Discriminator, Field, JsonValue, Tag

from workflow.format.spec_model import FORM, KIND_TAG, JsonObject, Name, Reference, SpecModel


class ModelSettings(SpecModel):
    """Sampling settings of an agent; a step's `config` overrides them."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class StepConfig(ModelSettings):
    """The knobs of one step: retries after the first attempt, seconds an attempt may take, seconds between attempts."""

    max_retries: Annotated[int, Field(ge=0, le=100)] | None = None
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    backoff_s: Annotated[float, Field(ge=0, le=3_600)] | None = None


class SkillUse(SpecModel):
    """A registered implementation with its parameters."""

    id: Reference
    params: JsonObject = Field(default_factory=dict)


SkillReference = Annotated[
    Annotated[Reference, Tag("as=text")] | Annotated[SkillUse, Tag("as=mapping")], FORM
]
ReferenceOrObject = Annotated[
    Annotated[Reference, Tag("as=text")] | Annotated[JsonObject, Tag("as=mapping")], FORM
]


class UsageLimits(SpecModel):
    """What one execution of a step, or at the top level one run, may use up; over the limit it fails for good."""

    total_cost_usd_limit: Annotated[float, Field(ge=0)] | None = None
    total_tokens_limit: Annotated[int, Field(ge=0)] | None = None


Concurrency = Annotated[int, Field(ge=1, le=1_000)]


class _Step(SpecModel):
    name: Name = Field(validation_alias=AliasChoices("name", "step"))
    description: str = ""
    config: StepConfig = StepConfig()
    input: JsonValue = None
    input_schema: JsonObject | None = None
    output_schema: JsonObject | None = None
    sink_to: str | None = None
    updates_context: bool = False
    usage_limits: UsageLimits | None = None
    meta: JsonObject = Field(default_factory=dict)


class SimpleStep(_Step):
    """A step that runs an agent or a skill."""

    kind: Literal["step"] = "step"
    uses: Reference | None = None
    agent: SkillReference | None = None
    validators: tuple[SkillReference, ...] = ()
    fallback: "StepSpec | None" = None


class ConditionalStep(_Step):
    """Runs the branch its condition names."""

    kind: Literal["conditional"]
    condition: Reference | None = None
    condition_expression: str | None = None
    branches: "Annotated[dict[Name, Branch], Field(min_length=1)]"
    default_branch: Name | None = None


class ParallelStep(_Step):
    """Runs its branches at once, at most `max_concurrency` at a time; its output maps branch names to outputs."""

    kind: Literal["parallel"]
    branches: "Annotated[dict[Name, Branch], Field(min_length=1)]"
    merge_strategy: Literal["context_update", "no_merge"] = "no_merge"
    on_branch_failure: Literal["propagate", "ignore"] = "propagate"
    reduce: Literal["keys", "values", "union", "concat", "first", "last"] | None = None
    max_concurrency: Concurrency | None = None


class LoopBody(SpecModel):
    """What a loop repeats and when it stops."""

    body: "Annotated[tuple[StepSpec, ...], Field(min_length=1)]"
    max_loops: Annotated[int, Field(ge=1, le=10_000)] = 5
    exit_expression: str | None = None
    exit_condition: Reference | None = None


class LoopStep(_Step):
    """Repeats its body until the exit expression holds or `max_loops` is reached."""

    kind: Literal["loop"]
    loop: LoopBody


class MapBody(SpecModel):
    """What a map runs for each item of a list, at most `max_concurrency` items at a time.

    One at a time, the items share the context. At once, each works on a copy; what they have set is taken over at the
    end, in the items' order.
    """

    iterable_input: JsonValue
    body: "Annotated[tuple[StepSpec, ...], Field(min_length=1)]"
    max_concurrency: Concurrency = 1


class MapStep(_Step):
    """Runs its body once per item; its output is the list of results."""

    kind: Literal["map"]
    map: MapBody


class HitlStep(_Step):
    """Pauses the run for a person; the output is the answer, which `input_schema` describes.

    `message` is a template; `input`, by default what came before, is shown beside it.
    """

    kind: Literal["hitl"]
    message: str = ""


class CacheStep(_Step):
    """Remembers what the wrapped step, an agent or a skill without effects, gave for the same input."""

    kind: Literal["cache"]
    wrapped_step: "StepSpec"


class RouterBody(SpecModel):
    """The agent or skill that picks branches, by one name or a list of names, and the branches."""

    router_agent: Reference
    branches: "Annotated[dict[Name, Branch], Field(min_length=1)]"


class DynamicRouterStep(_Step):
    """Runs the branches a router picks, at once; its output maps their names to their outputs."""

    kind: Literal["dynamic_router"]
    router: RouterBody


class AgenticLoopStep(_Step):
    """A planner that picks skills until it is done."""

    kind: Literal["agentic_loop"]
    planner: Reference
    registry: ReferenceOrObject
    output_template: str | None = None


class TreeSearchStep(_Step):
    """A search over proposals."""

    kind: Literal["tree_search"]
    proposer: ReferenceOrObject
    evaluator: ReferenceOrObject
    branching_factor: int | None = None
    beam_width: int | None = None
    max_depth: int | None = None
    max_iterations: int | None = None


class Transition(SpecModel):
    """Where a state machine goes after a state (`*`: after any), if the state ended that way and `when` holds.

    `pause` holds after a state in which a person was asked, and answered; `success` holds then too.
    """

    source: Annotated[Name, Field(validation_alias="from")]
    on: Literal["success", "failure", "pause"] = "success"
    target: Annotated[Name, Field(validation_alias="to")]
    when: str | None = None


class StateMachineStep(_Step):
    """Runs states one after the other; after each the first transition that holds says which is next.

    A state without a transition that holds ends the machine if it is an end state, and fails it otherwise. What a step
    leaves in `context.next_state` names the next state before any transition does, and is used up by that.
    """

    kind: Literal["StateMachine"]
    start_state: Name
    end_states: tuple[Name, ...] = ()
    states: "Annotated[dict[Name, Branch], Field(min_length=1)]"
    transitions: tuple[Transition, ...] = ()
    max_steps: Annotated[int, Field(ge=1, le=10_000)] = 100


def _kind_of(step: object) -> str:
    kind = step.get("kind", "step") if isinstance(step, dict) else getattr(step, "kind", "step")
    return KIND_TAG + (kind if isinstance(kind, str) else repr(kind))


StepSpec = Annotated[
    Annotated[SimpleStep, Tag("kind=step")]
    | Annotated[ConditionalStep, Tag("kind=conditional")]
    | Annotated[ParallelStep, Tag("kind=parallel")]
    | Annotated[LoopStep, Tag("kind=loop")]
    | Annotated[MapStep, Tag("kind=map")]
    | Annotated[HitlStep, Tag("kind=hitl")]
    | Annotated[CacheStep, Tag("kind=cache")]
    | Annotated[DynamicRouterStep, Tag("kind=dynamic_router")]
    | Annotated[AgenticLoopStep, Tag("kind=agentic_loop")]
    | Annotated[TreeSearchStep, Tag("kind=tree_search")]
    | Annotated[StateMachineStep, Tag("kind=StateMachine")],
    Discriminator(_kind_of),
]


class StepBlock(SpecModel):
    """A branch written as `{steps: […]}`."""

    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1)]


def _shape_of(branch: object) -> str:
    if isinstance(branch, list | tuple):
        return "as=list"
    is_block = isinstance(branch, StepBlock) or (isinstance(branch, dict) and "steps" in branch)
    return "as=block" if is_block else "as=one"


Branch = Annotated[
    Annotated[Annotated[tuple[StepSpec, ...], Field(min_length=1)], Tag("as=list")]
    | Annotated[StepBlock, Tag("as=block")]
    | Annotated[StepSpec, Tag("as=one")],
    Discriminator(_shape_of),
]
