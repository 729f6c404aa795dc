"""The format of a workflow spec as pydantic models: strict, frozen, one model per kind of step.

A superset of the public Flujo blueprint 0.1; `policies`, `tests` and `score` are ours.
"""

from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Discriminator, Field, JsonValue, Tag

from policy_dsl import Policy

KIND_TAG = "kind="
JsonObject = dict[str, JsonValue]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reference = Annotated[str, Field(min_length=1, max_length=300)]


class _Model(BaseModel):
    # Built when first used: half of the time it takes to import the package otherwise goes into this.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def _form_of(value: object) -> str | None:
    if isinstance(value, str):
        return "as=text"
    return "as=mapping" if isinstance(value, dict | BaseModel) else None


# Tags of unions hold a "=", so that in an error's location no tag is mistaken for a key of the document.
_FORM = Discriminator(_form_of)


class PromptFile(_Model):
    """A prompt kept in a file beside the spec; it enters the spec's hash by content."""

    from_file: str
    variables: JsonObject = {}


class ModelSettings(_Model):
    """Sampling settings of an agent; a step's `config` overrides them."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


Prompt = Annotated[Annotated[str, Tag("as=text")] | Annotated[PromptFile, Tag("as=mapping")], _FORM]


class AgentSpec(_Model):
    """A model with its instructions; `timeout` in seconds and `max_retries` are defaults for the steps that use it."""

    model: Annotated[str, Field(min_length=1, max_length=200)]
    system_prompt: Prompt = ""
    output_schema: JsonObject | None = None
    model_settings: ModelSettings = ModelSettings()
    timeout: Annotated[float, Field(gt=0, le=86_400)] | None = None
    max_retries: Annotated[int, Field(ge=0, le=100)] | None = None
    description: str = ""
    meta: JsonObject = {}


class StepConfig(ModelSettings):
    """The knobs of one step: retries after the first attempt, seconds an attempt may take, seconds between attempts."""

    max_retries: Annotated[int, Field(ge=0, le=100)] | None = None
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    backoff_s: Annotated[float, Field(ge=0, le=3_600)] | None = None


class SkillUse(_Model):
    """A registered implementation with its parameters."""

    id: Reference
    params: JsonObject = {}


SkillReference = Annotated[
    Annotated[Reference, Tag("as=text")] | Annotated[SkillUse, Tag("as=mapping")], _FORM
]
ReferenceOrObject = Annotated[
    Annotated[Reference, Tag("as=text")] | Annotated[JsonObject, Tag("as=mapping")], _FORM
]


class UsageLimits(_Model):
    """What one execution of a step may use up; over the limit it fails and isn't tried again."""

    total_cost_usd_limit: Annotated[float, Field(ge=0)] | None = None
    total_tokens_limit: Annotated[int, Field(ge=0)] | None = None


class _Step(_Model):
    name: Name = Field(validation_alias=AliasChoices("name", "step"))
    description: str = ""
    config: StepConfig = StepConfig()
    input: JsonValue = None
    input_schema: JsonObject | None = None
    output_schema: JsonObject | None = None
    sink_to: str | None = None
    updates_context: bool = False
    usage_limits: UsageLimits | None = None
    meta: JsonObject = {}


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
    """Runs its branches at once; its output maps branch names to their outputs."""

    kind: Literal["parallel"]
    branches: "Annotated[dict[Name, Branch], Field(min_length=1)]"
    merge_strategy: Literal["context_update", "no_merge"] = "no_merge"
    on_branch_failure: Literal["propagate", "ignore"] = "propagate"
    reduce: Literal["keys", "values", "union", "concat", "first", "last"] | None = None


class LoopBody(_Model):
    """What a loop repeats and when it stops."""

    body: "Annotated[tuple[StepSpec, ...], Field(min_length=1)]"
    max_loops: Annotated[int, Field(ge=1, le=10_000)] = 5
    exit_expression: str | None = None
    exit_condition: Reference | None = None


class LoopStep(_Step):
    """Repeats its body until the exit expression holds or `max_loops` is reached."""

    kind: Literal["loop"]
    loop: LoopBody


class MapBody(_Model):
    """What a map runs for each item of a list."""

    iterable_input: JsonValue
    body: "Annotated[tuple[StepSpec, ...], Field(min_length=1)]"


class MapStep(_Step):
    """Runs its body once per item; its output is the list of results."""

    kind: Literal["map"]
    map: MapBody


class HitlStep(_Step):
    """Pauses for a person."""

    kind: Literal["hitl"]
    message: str = ""


class CacheStep(_Step):
    """Remembers the result of the wrapped step."""

    kind: Literal["cache"]
    wrapped_step: "StepSpec"


class RouterBody(_Model):
    """The skill that picks branches, and the branches."""

    router_agent: Reference
    branches: "Annotated[dict[Name, Branch], Field(min_length=1)]"


class DynamicRouterStep(_Step):
    """Runs the branches a router picks."""

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


class StateMachineStep(_Step):
    """Named states with transitions between them."""

    kind: Literal["StateMachine"]
    start_state: Name
    end_states: tuple[Name, ...] = ()
    states: "Annotated[dict[Name, Branch], Field(min_length=1)]"
    transitions: tuple[JsonObject, ...] = ()


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


class StepBlock(_Model):
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


class Mock(_Model):
    """What a step answers in a test: an output, or an error of this class."""

    output: JsonValue = None
    error: str | None = None
    latency_s: Annotated[float, Field(ge=0)] = 0.0
    cost_usd: Annotated[float, Field(ge=0)] = 0.0


class EmbeddedTest(_Model):
    """An entry of `tests:`; passes when every assertion holds in at least `pass_rate` of `repeat` runs."""

    name: Name
    input: JsonValue = None
    assertions: Annotated[tuple[str, ...], Field(min_length=1)]
    mocks: dict[str, Mock] = {}
    repeat: Annotated[int, Field(ge=1, le=1_000)] = 1
    pass_rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    tags: tuple[str, ...] = ()
    timeout_s: Annotated[float, Field(gt=0, le=3_600)] = 60.0
    description: str = ""


class WorkflowSpec(_Model):
    """A whole spec; `score` names the step or skill whose output is `result.score`."""

    version: str = "0.1"
    name: Name | None = None
    description: str = ""
    steps: Annotated[tuple[StepSpec, ...], Field(min_length=1)]
    agents: dict[Name, AgentSpec] = {}
    imports: dict[Name, str] = {}
    policies: tuple[Policy, ...] = ()
    policy_packs: tuple[Literal["cost-ceilings", "pii"], ...] = ()
    tests: tuple[EmbeddedTest, ...] = ()
    score: Reference | None = None
