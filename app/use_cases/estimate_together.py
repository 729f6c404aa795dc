"""Estimates what non-overlapping proposals would bring together: two that each help may help with the same thing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.proposal import Proposal
from app.use_cases.grounds import Grounds
from app.use_cases.weigh_candidate import weigh_version
from meta_agent import Evidence, RoiEstimate, doubt_models, estimate_roi, fingerprint
from trust_tiers import classify
from workflow import (
    EditError,
    JsonPatch,
    PatchError,
    SpecError,
    Workflow,
    diff_workflows,
    patch_workflow,
)


@dataclass(frozen=True, slots=True)
class Together:
    """Proposals as one change: their estimate, beside the sum of their own, and what replaying all of them found."""

    proposals: tuple[str, ...]
    roi: RoiEstimate
    sum_usd: float
    evidence: Evidence


def estimate_together(grounds: Grounds, proposals: Sequence[Proposal]) -> Together | None:
    """Estimate the proposals that are worth it and wait for no other; None for fewer than two that fit together."""
    after, fitting = _combine(grounds.workflow, proposals)
    if len(fitting) < 2:
        return None
    evidence, pairs, _ = weigh_version(grounds, after)
    settings = grounds.settings
    roi = estimate_roi(
        pairs,
        settings=settings.proposers.roi,
        traffic=grounds.traffic,
        patch_class="combined",
        tier_name=classify(grounds.workflow, after, settings.limits).tier.name,
        future_runs=len(grounds.runs),
        rng=np.random.default_rng(settings.seed),
        record=grounds.record,
        evaluation_usd=sum(one.evidence.spent_usd for one in fitting),
        doubtful=doubt_models(grounds.workflow, after, grounds.runs, reprice=grounds.reprice),
        simulated=evidence.simulated,
    )
    if roi is None:
        return None
    sum_usd = sum(one.roi.mid for one in fitting if one.roi)
    return Together(tuple(one.id for one in fitting), roi, sum_usd, evidence)


def _combine(
    workflow: Workflow, proposals: Sequence[Proposal]
) -> tuple[Workflow, tuple[Proposal, ...]]:
    """Apply them one after the other; one that would then do something else than by itself is left out."""
    worth = [one for one in proposals if not one.behind and one.roi and one.roi.mid > 0]
    # Mostly they all fit, and one edit takes less time than one for each.
    at_once = _apply(workflow, [one.guarded.patch for one in worth]) if worth else None
    if at_once and _effects_of(workflow, at_once) == _sum_effects(workflow, worth):
        return at_once, tuple(worth)
    after = workflow
    fitting: tuple[Proposal, ...] = ()
    for proposal in worth:
        tried = _apply(after, [proposal.guarded.patch])
        if tried and _effects_of(workflow, tried) == _sum_effects(workflow, (*fitting, proposal)):
            after, fitting = tried, (*fitting, proposal)
    return after, fitting


def _apply(workflow: Workflow, patches: Sequence[JsonPatch]) -> Workflow | None:
    operations = tuple(operation for patch in patches for operation in patch.operations)
    try:
        return patch_workflow(workflow, JsonPatch(operations))
    except (PatchError, EditError, SpecError):
        return None


def _effects_of(workflow: Workflow, after: Workflow) -> str:
    return fingerprint(workflow.path, diff_workflows(workflow, after))


def _sum_effects(workflow: Workflow, proposals: Sequence[Proposal]) -> str:
    changes = [change for proposal in proposals for change in proposal.guarded.changes]
    return fingerprint(workflow.path, changes)
