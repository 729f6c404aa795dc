"""What a run goes by: one plan a step, with everything looked up, merged and compiled beforehand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from pydantic import JsonValue

from policy_dsl import Expression, Policy
from workflow.format.spec import AgentSpec
from workflow.governance.policies import at_run_time
from workflow.governance.policies_in_force import policies_in_force
from workflow.load import Workflow
from workflow.nodes import StepNode

Plans = tuple["StepPlan", ...]


@dataclass(frozen=True, slots=True)
class SkillRef:
    """A skill with the parameters it is called with."""

    reference: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditional:
    """Runs the branch whose name its condition gives."""

    condition: Expression
    branches: Mapping[str, Plans]
    default_branch: str = ""


@dataclass(frozen=True, slots=True)
class Parallel:
    """Runs its branches at once, at most `max_concurrency` of them at a time (None: all)."""

    branches: Mapping[str, Plans]
    merges_context: bool = False
    ignores_failures: bool = False
    reduce: str = ""
    max_concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """Repeats its body until the exit expression holds, at most `max_loops` times."""

    body: Plans
    max_loops: int
    exit_expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """Runs its body once per item of the list that `iterable` gives, at most `max_concurrency` at a time."""

    body: Plans
    iterable: JsonValue
    max_concurrency: int = 1


@dataclass(frozen=True, slots=True)
class Cached:
    """Runs its one step, which remembers what it gave."""

    body: Plans


@dataclass(frozen=True, slots=True)
class Imported:
    """Runs another workflow's steps as if its input were that of a run."""

    body: Plans


@dataclass(frozen=True, slots=True)
class Router:
    """Runs the branches that its chooser names, at once."""

    chooser: "StepPlan"
    branches: Mapping[str, Plans]


@dataclass(frozen=True, slots=True)
class Transition:
    """Leads from the state `source` (`*`: any) to `target` after this `event`, where `when` holds."""

    source: str
    event: str
    target: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class StateMachine:
    """Runs states one after the other, at most `max_steps` of them.

    `questions` are the steps of each state, at any depth, that ask a person.
    """

    start_state: str
    end_states: frozenset[str]
    states: Mapping[str, Plans]
    transitions: tuple[Transition, ...]
    max_steps: int
    questions: Mapping[str, tuple[str, ...]]


Container = Conditional | Parallel | Loop | Map | Cached | Imported | Router | StateMachine


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One step, ready: it asks an `agent`, calls a `skill`, asks a person, or is a `container` of others.

    A step that `asks_person` is given `{message, input}` and gives the answer, which `answer_schema` describes. One
    that `remembers` looks its answer up before it is asked. `timeout_s` is per attempt (None: as long as it takes),
    `max_retries` counts after the first attempt.
    """

    node: StepNode
    input: JsonValue = None
    has_input: bool = False
    input_schema: Mapping[str, JsonValue] | None = None
    output_schema: Mapping[str, JsonValue] | None = None
    updates_context: bool = False
    sink_to: str = ""
    agent_name: str = ""
    agent: AgentSpec | None = None
    system_prompt: str = ""
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    skill: SkillRef | None = None
    asks_person: bool = False
    answer_schema: Mapping[str, JsonValue] | None = None
    remembers: bool = False
    validators: tuple[SkillRef, ...] = ()
    timeout_s: float | None = None
    max_retries: int = 0
    backoff_s: float = 0.0
    max_cost_usd: Decimal | None = None
    max_tokens: int | None = None
    fallback: "StepPlan | None" = None
    container: Container | None = None

    @property
    def children(self) -> Plans:
        """The steps inside it, its fallback included."""
        inside = _inside(self.container) if self.container else ()
        return (*inside, self.fallback) if self.fallback else inside


@dataclass(frozen=True)
class Program:
    """A workflow's plans in order, and its scorer if it declares one."""

    workflow: Workflow
    plans: Plans
    scorer: StepPlan | None = None
    score_step: str = ""
    organisation: tuple[Policy, ...] = ()
    """Policies of a higher authority than the spec."""

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that a finished run is judged by."""
        return at_run_time(policies_in_force(self.workflow.spec, self.organisation))

    @cached_property
    def leaves(self) -> Mapping[str, StepPlan]:
        """Every plan that asks an agent or a person or calls a skill, by `step_id`."""
        plans = (*self.plans, self.scorer) if self.scorer else self.plans
        return {plan.node.step_id: plan for plan in leaves_of(plans)}

    @cached_property
    def may_pause(self) -> bool:
        """Whether a step asks a person."""
        return any(plan.asks_person for plan in self.leaves.values())

    @cached_property
    def remembers(self) -> bool:
        """Whether a step looks its answer up before it is asked."""
        return any(plan.remembers for plan in self.leaves.values())


def leaves_of(plans: Plans) -> Iterator[StepPlan]:
    """Walk to every plan that is no container, at any depth."""
    pending = list(plans)
    while pending:
        plan = pending.pop()
        if plan.container is None:
            yield plan
        pending += plan.children


def _inside(container: Container) -> Plans:
    match container:
        case Loop() | Map() | Cached() | Imported():
            return container.body
        case Conditional() | Parallel():
            return _flatten(container.branches)
        case Router():
            return (container.chooser, *_flatten(container.branches))
        case StateMachine():
            return _flatten(container.states)


def _flatten(branches: Mapping[str, Plans]) -> Plans:
    return tuple(plan for branch in branches.values() for plan in branch)
