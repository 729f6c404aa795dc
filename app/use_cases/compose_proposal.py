"""Composes a proposal of what was weighed: its worth, its tier, and what the policies of the base version say."""

import hashlib
from dataclasses import replace

import numpy as np
import orjson

from app.proposal import Proposal, Provenance
from app.use_cases.grounds import Grounds
from app.use_cases.judge_before_merge import judge_before_merge
from app.use_cases.weigh_candidate import Weighed, weigh_candidate
from meta_agent import (
    Candidate,
    RoiEstimate,
    RunOutcome,
    Verdict,
    doubt_models,
    estimate_roi,
    fingerprint,
    outcome_of,
)
from policy_dsl import Action
from prompt_guard import GUARD_VERSION, GuardedPatch
from telemetry import name_price_table
from trust_tiers import Decision, classify
from workflow import Workflow, before_merge, lock_patch, policies_in_force


def propose_alone(grounds: Grounds, candidate: Candidate) -> Proposal | str:
    """Weigh one candidate by itself and compose its proposal; returns why it can't be one when it can't."""
    weighed = weigh_candidate(grounds, candidate)
    return weighed if isinstance(weighed, str) else compose_proposal(grounds, weighed)


def compose_proposal(grounds: Grounds, weighed: Weighed) -> Proposal | str:
    """Estimate and judge what was weighed; returns why it can't be a proposal when it can't."""
    workflow, settings = grounds.workflow, grounds.settings
    guarded, evidence = weighed.guarded, weighed.evidence
    if evidence.verdict in (Verdict.WORSE, Verdict.INVALID):
        return f"{evidence.verdict}: {evidence.reason}"
    decision = classify(workflow, guarded.after, settings.limits)
    roi = _estimate(grounds, weighed, decision)
    policies = before_merge(policies_in_force(workflow.spec, settings.organisation))
    violations = judge_before_merge(
        policies,
        operations=len(guarded.patch.operations),
        decision=decision,
        roi=roi,
        evidence=evidence,
    )
    return Proposal(
        id=identify_patch(workflow, guarded),
        fingerprint=fingerprint(workflow.path, guarded.changes),
        base=workflow,
        guarded=guarded,
        patch=lock_patch(workflow.document, guarded.patch),
        candidate=weighed.candidate,
        evidence=evidence,
        roi=roi,
        runs_per_month=grounds.traffic.runs_per_month,
        decision=decision,
        provenance=_trace(grounds, weighed.candidate),
        violations=tuple(broken.message for broken in violations),
        blocks_merge=any(broken.action is Action.BLOCK_MERGE for broken in violations),
        needs_approval=any(broken.action is Action.REQUIRE_APPROVAL for broken in violations),
    )


def _trace(grounds: Grounds, candidate: Candidate) -> Provenance:
    started = [run.started_at for run in grounds.seen_runs]
    return Provenance(
        guard=GUARD_VERSION,
        price_table=name_price_table(),
        window_from=min(started, default=None),
        window_to=max(started, default=None),
        runs=len(started),
        recordings=len(grounds.baseline.replayed),
        model=candidate.source.removeprefix("model:") if candidate.template_sha256 else "",
        template_sha256=candidate.template_sha256,
    )


def _estimate(grounds: Grounds, weighed: Weighed, decision: Decision) -> RoiEstimate | None:
    roi = estimate_roi(
        weighed.pairs,
        settings=grounds.settings.proposers.roi,
        traffic=grounds.traffic,
        patch_class=weighed.candidate.patch_class,
        tier_name=decision.tier.name,
        future_runs=len(grounds.runs),
        rng=np.random.default_rng(grounds.settings.seed),
        record=grounds.record,
        evaluation_usd=weighed.evidence.spent_usd,
        doubtful=doubt_models(
            grounds.workflow, weighed.guarded.after, grounds.runs, reprice=grounds.reprice
        ),
        unpaired=_list_unpaired(grounds, weighed),
        simulated=weighed.evidence.simulated,
    )
    if roi is None or not weighed.source:
        return roi
    return replace(roi, basis=roi.basis.replace("paired replays", weighed.source))


def _list_unpaired(grounds: Grounds, weighed: Weighed) -> list[RunOutcome]:
    """Return how the runs ended that were not replayed; none where other runs were recorded than measured."""
    replayed = grounds.baseline.replayed[: len(weighed.pairs)]
    paired = {one.recording.run_id for one in replayed}
    if weighed.source or not paired <= {run.run_id for run in grounds.runs}:
        return []
    return [outcome_of(run) for run in grounds.runs if run.run_id not in paired]


def identify_patch(workflow: Workflow, guarded: GuardedPatch) -> str:
    """The same patch of the same version gets the same id, whoever proposes it."""
    content = [workflow.path, workflow.spec_sha256, guarded.patch.to_json()]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()[:12]
