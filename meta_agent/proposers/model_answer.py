"""A model's answer → candidates: every patch goes through the guard, held to the step it claims to be for."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from meta_agent.candidate import Candidate
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.model_titles import name_patch
from prompt_guard import (
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
    template_sha256: str
    canaries: tuple[str, ...] = ()
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
        accepted = self._accept(proposed, opportunity)
        if isinstance(accepted, Rejection):
            return accepted
        self.candidates[reference] = accepted
        return None

    def _find(self, reference: str) -> Opportunity | None:
        numbered = enumerate(self.opportunities, start=1)
        return next(
            (found for number, found in numbered if f"opportunity_{number}" == reference), None
        )

    def _accept(self, proposed: ModelPatch, opportunity: Opportunity) -> Candidate | Rejection:
        references = number_references(self.plan, self.workflow)
        operations: list[JsonValue] = list(proposed.operations)
        expanded = expand_references(operations, references)
        if isinstance(expanded, Rejection):
            return expanded
        return accept_patch(
            self.workflow,
            opportunity,
            expanded,
            proposed.why,
            plan=self.plan,
            source=self.source,
            template_sha256=self.template_sha256,
            canaries=self.canaries,
        )


def accept_patch(
    workflow: Workflow,
    opportunity: Opportunity,
    patch: JsonValue,
    why: str,
    *,
    plan: Plan,
    source: str,
    template_sha256: str,
    canaries: tuple[str, ...] = (),
) -> Candidate | Rejection:
    """Return the candidate of a patch that the guard lets through, held to its step and titled by what it does."""
    own = narrow_plan(plan, opportunity.step_id, workflow)
    guarded = check_patch(workflow, patch, plan=own, canaries=canaries)
    if isinstance(guarded, Rejection):
        return guarded
    patch_class, title = name_patch(guarded.changes)
    return Candidate(
        opportunity=opportunity,
        patch=guarded.patch,
        title=title,
        rationale=" ".join(remove_unsafe(why).split()),
        source=source,
        patch_class=patch_class,
        template_sha256=template_sha256,
    )


def narrow_plan(plan: Plan, step_id: str, workflow: Workflow) -> Plan:
    """Return the part of a plan that concerns one step: the step itself and the agent it runs."""
    node = workflow.node(step_id)
    own = node.uses.removeprefix("agents.") if node and node.uses.startswith("agents.") else ""
    agents = tuple(name for name in plan.agents if name == own)
    prompts = tuple(name for name in plan.prompts if name in agents)
    return replace(plan, step_ids=(step_id,), agents=agents, prompts=prompts)
