"""A model's answer → candidates: every patch goes through the guard, held to the step it claims to be for."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from meta_agent.candidate import Candidate
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.model_titles import name_patch
from prompt_guard import (
    GuardedPatch,
    Plan,
    Rejection,
    RejectionReason,
    check_patch,
    expand_references,
    number_references,
    remove_unsafe,
)
from workflow import Workflow

_MAX_WHY_CHARS = 200
_MAX_PATCHES = 16


class ModelPatch(BaseModel):
    """One patch as the model writes it: paths start with a reference such as `/step_1`."""

    model_config = ConfigDict(extra="forbid")

    opportunity_ref: str = Field(max_length=40)
    operations: list[dict[str, JsonValue]]
    why: str = Field(max_length=_MAX_WHY_CHARS)


class ModelAnswer(BaseModel):
    """All a model may return."""

    model_config = ConfigDict(extra="forbid")

    patches: list[ModelPatch] = Field(max_length=_MAX_PATCHES)


@dataclass(slots=True)
class Sieve:
    """Collects over several answers what the guard lets through, one candidate per opportunity, and what it refuses."""

    workflow: Workflow
    opportunities: Sequence[Opportunity]
    plan: Plan
    source: str
    candidates: dict[str, Candidate] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)

    def sift(self, answer: ModelAnswer) -> list[Rejection]:
        """Keep what passes; return the refusals of this answer."""
        refused = [found for patch in answer.patches if (found := self._judge(patch)) is not None]
        self.rejections.extend(refused)
        return refused

    def _judge(self, proposed: ModelPatch) -> Rejection | None:
        reference = proposed.opportunity_ref
        opportunity = self._find(reference)
        if opportunity is None:
            return Rejection(RejectionReason.OUTSIDE_PLAN, detail="it is for no known opportunity")
        if reference in self.candidates:
            return None
        guarded = self._guard(proposed, opportunity)
        if isinstance(guarded, Rejection):
            return guarded
        self.candidates[reference] = _to_candidate(guarded, opportunity, proposed.why, self.source)
        return None

    def _find(self, reference: str) -> Opportunity | None:
        numbered = enumerate(self.opportunities, start=1)
        return next(
            (found for number, found in numbered if f"opportunity_{number}" == reference), None
        )

    def _guard(self, proposed: ModelPatch, opportunity: Opportunity) -> GuardedPatch | Rejection:
        references = number_references(self.plan, self.workflow)
        operations: list[JsonValue] = list(proposed.operations)
        expanded = expand_references(operations, references)
        if isinstance(expanded, Rejection):
            return expanded
        plan = narrow_plan(self.plan, opportunity.step_id, self.workflow)
        return check_patch(self.workflow, expanded, plan=plan)


def narrow_plan(plan: Plan, step_id: str, workflow: Workflow) -> Plan:
    """Return the part of a plan that concerns one step: the step itself and the agent it runs."""
    node = workflow.node(step_id)
    own = node.uses.removeprefix("agents.") if node and node.uses.startswith("agents.") else ""
    agents = tuple(name for name in plan.agents if name == own)
    return replace(plan, step_ids=(step_id,), agents=agents)


def _to_candidate(
    guarded: GuardedPatch, opportunity: Opportunity, why: str, source: str
) -> Candidate:
    patch_class, title = name_patch(guarded.changes)
    return Candidate(
        opportunity=opportunity,
        patch=guarded.patch,
        title=title,
        rationale=" ".join(remove_unsafe(why).split()),
        source=source,
        patch_class=patch_class,
    )
