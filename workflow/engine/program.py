"""What a run goes by: one plan a step, with everything looked up, merged and compiled beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from pydantic import JsonValue

from policy_dsl import Expression, Policy
from workflow.load import Workflow
from workflow.nodes import StepNode
from workflow.policies import at_run_time
from workflow.policies_in_force import policies_in_force
from workflow.spec import AgentSpec

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
    """Runs all branches at once."""

    branches: Mapping[str, Plans]
    merges_context: bool = False
    ignores_failures: bool = False
    reduce: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """Repeats its body until the exit expression holds, at most `max_loops` times."""

    body: Plans
    max_loops: int
    exit_expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """Runs its body once per item of the list that `iterable` gives."""

    body: Plans
    iterable: JsonValue


Container = Conditional | Parallel | Loop | Map


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlan:
    """One step, ready: it asks an `agent`, calls a `skill`, or is a `container` of others.

    `timeout_s` is per attempt (None: as long as it takes), `max_retries` counts after the first attempt.
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
        """Every plan that runs an agent or a skill, by `step_id`."""
        found: dict[str, StepPlan] = {}
        pending = [*self.plans, *([self.scorer] if self.scorer else [])]
        while pending:
            plan = pending.pop()
            if plan.container is None:
                found[plan.node.step_id] = plan
            pending += plan.children
        return found


def _inside(container: Container) -> Plans:
    match container:
        case Loop() | Map():
            return container.body
        case Conditional() | Parallel():
            return tuple(plan for branch in container.branches.values() for plan in branch)
