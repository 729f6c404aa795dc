"""Suggest: runs → opportunities → candidates → guarded, weighed, estimated, judged and ranked proposals."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
import orjson

from app.proposal import Proposal
from meta_agent import (
    Baseline,
    Candidate,
    Evidence,
    EvidenceSettings,
    ModelProposals,
    Opportunity,
    Pair,
    ProposerSettings,
    RoiEstimate,
    Traffic,
    Verdict,
    detect,
    estimate_roi,
    fingerprint,
    imagine_pairs,
    measure_traffic,
    propose,
    rank,
    replay_baseline,
    weigh,
)
from policy_dsl import Action, Enforcement, Policy, Violation, judge_policies
from prompt_guard import GuardedPatch, Rejection, check_patch, plan_for
from telemetry import Run, limit_sources, set_extremes_apart
from trust_tiers import Decision, TierLimits, classify
from workflow import (
    PRE_MERGE_NAMES,
    Recording,
    Reprice,
    Workflow,
    before_merge,
    compile_program,
    lock_patch,
    policies_in_force,
)

AskModel = Callable[[Workflow, Sequence[Opportunity], TierLimits], ModelProposals]
"""A model's own candidates for these opportunities; never raises."""


@dataclass(frozen=True, slots=True)
class SuggestSettings:
    """How to propose, weigh and judge; read from the base branch."""

    proposers: ProposerSettings
    evidence: EvidenceSettings
    limits: TierLimits
    seed: int = 0
    organisation: tuple[Policy, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What came of one spec: proposals, best first, and everything that didn't become one, with its reason."""

    workflow: Workflow
    runs: int
    opportunities: tuple[Opportunity, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounds:
    """What proposals for one version rest on."""

    workflow: Workflow
    runs: Sequence[Run]
    baseline: Baseline
    settings: SuggestSettings
    traffic: Traffic
    reprice: Reprice | None


def suggest(
    workflow: Workflow,
    runs: Sequence[Run],
    recordings: Sequence[Recording],
    *,
    settings: SuggestSettings,
    reprice: Reprice | None = None,
    ask_model: AskModel | None = None,
) -> Suggestions:
    """Return the ranked proposals for one spec; runs of other versions of it don't count."""
    grounds = prepare_grounds(workflow, runs, recordings, settings, reprice)
    if not grounds.runs:
        return Suggestions(workflow, 0, notes=(_without_runs(workflow, runs),))
    # Extremes don't choose what is worth improving; what an improvement is worth is said with them.
    opportunities = detect(set_extremes_apart(grounds.runs), workflow)
    ripe = [found for found in opportunities if found.enough]
    asked = ask_model(workflow, ripe, settings.limits) if ask_model and ripe else None
    notes = [_too_few(found) for found in opportunities if not found.enough]
    if asked:
        notes.append(f"{asked.note}; spent ${asked.spent_usd:.4f}")
    proposals: list[Proposal] = []
    rejected: list[tuple[str, str]] = []
    for candidate in _list_candidates(grounds, ripe, asked.candidates if asked else ()):
        composed = compose_proposal(grounds, candidate)
        if isinstance(composed, Proposal):
            proposals.append(composed)
        else:
            rejected.append((candidate.title, composed))
    return Suggestions(
        workflow=workflow,
        runs=len(grounds.runs),
        opportunities=tuple(opportunities),
        proposals=_rank(proposals),
        rejected=tuple(rejected),
        notes=tuple(notes),
    )


def prepare_grounds(
    workflow: Workflow,
    runs: Sequence[Run],
    recordings: Sequence[Recording],
    settings: SuggestSettings,
    reprice: Reprice | None,
) -> Grounds:
    """Gather what is known of this very version; its recordings are replayed once for all candidates."""
    mine = limit_sources(run for run in runs if run.spec_sha256 == workflow.spec_sha256)
    traffic = measure_traffic(mine, settings.proposers.roi)
    return Grounds(
        workflow, mine, replay_baseline(workflow, recordings), settings, traffic, reprice
    )


def compose_proposal(grounds: Grounds, candidate: Candidate) -> Proposal | str:
    """Guard, weigh, estimate and judge one candidate; returns why it can't be a proposal when it can't."""
    workflow, settings = grounds.workflow, grounds.settings
    guarded = _guard(grounds, candidate)
    if isinstance(guarded, Rejection):
        return f"refused by the guard: {guarded}"
    evidence, pairs, source = _weigh(grounds, guarded)
    if evidence.verdict in (Verdict.WORSE, Verdict.INVALID):
        return f"{evidence.verdict}: {evidence.reason}"
    decision = classify(workflow, guarded.after, settings.limits)
    roi = _estimate(grounds, candidate, decision, evidence, pairs)
    if roi is not None and source:
        roi = replace(roi, basis=roi.basis.replace("paired replays", source))
    policies = before_merge(policies_in_force(workflow.spec, settings.organisation))
    violations = _judge_pre_merge(policies, guarded, decision, roi, evidence)
    return Proposal(
        id=_identify(workflow, guarded),
        fingerprint=fingerprint(workflow.path, guarded.changes),
        base=workflow,
        guarded=guarded,
        patch=lock_patch(workflow.document, guarded.patch),
        candidate=candidate,
        evidence=evidence,
        roi=roi,
        runs_per_month=grounds.traffic.runs_per_month,
        decision=decision,
        violations=tuple(message for _, message in violations),
        blocks_merge=any(action is Action.BLOCK_MERGE for action, _ in violations),
        needs_approval=any(action is Action.REQUIRE_APPROVAL for action, _ in violations),
    )


def _list_candidates(
    grounds: Grounds, opportunities: Sequence[Opportunity], more: Sequence[Candidate]
) -> list[Candidate]:
    """Return what the heuristics propose, then the model's own; of equal patches the first stands."""
    proposed = [
        candidate
        for found in opportunities
        for candidate in propose(found, grounds.workflow, grounds.runs, grounds.settings.proposers)
    ]
    distinct: dict[bytes, Candidate] = {}
    for candidate in [*proposed, *more]:
        distinct.setdefault(orjson.dumps(candidate.patch.to_json()), candidate)
    return list(distinct.values())


def _guard(grounds: Grounds, candidate: Candidate) -> GuardedPatch | Rejection:
    plan = plan_for(
        grounds.workflow,
        [candidate.opportunity.step_id],
        models=grounds.settings.limits.allowed_models,
    )
    return check_patch(grounds.workflow, candidate.patch.to_json(), plan=plan)


def _weigh(grounds: Grounds, guarded: GuardedPatch) -> tuple[Evidence, list[Pair], str]:
    """Replay where there are recordings; else re-enact telemetry, which supports an estimate but no verdict."""
    settings = grounds.settings
    evidence, pairs = weigh(
        grounds.baseline,
        guarded.after,
        roi=settings.proposers.roi,
        settings=settings.evidence,
        rng=np.random.default_rng(settings.seed),
        reprice=grounds.reprice,
    )
    if pairs:
        return evidence, pairs, ""
    pairs = imagine_pairs(
        grounds.baseline.program,
        compile_program(guarded.after),
        grounds.runs,
        random=Random(settings.seed),  # noqa: S311 -- simulation, not secrets
        reprice=grounds.reprice,
    )
    simulated = any(run.simulated for run in grounds.runs)
    return replace(evidence, simulated=simulated), pairs, "runs re-enacted from telemetry alone"


def _estimate(
    grounds: Grounds,
    candidate: Candidate,
    decision: Decision,
    evidence: Evidence,
    pairs: Sequence[Pair],
) -> RoiEstimate | None:
    return estimate_roi(
        pairs,
        settings=grounds.settings.proposers.roi,
        traffic=grounds.traffic,
        patch_class=candidate.patch_class,
        tier_name=decision.tier.name,
        future_runs=len(grounds.runs),
        rng=np.random.default_rng(grounds.settings.seed),
        simulated=evidence.simulated,
    )


def _judge_pre_merge(
    policies: Sequence[Policy],
    guarded: GuardedPatch,
    decision: Decision,
    roi: RoiEstimate | None,
    evidence: Evidence,
) -> list[tuple[Action, str]]:
    """Judge the patch by the policies of the base version; those that speak of `result` wait for a run.

    An advisory policy only warns, whatever its action. Before a merge there is no run to fail: `FAIL_RUN` blocks.
    """
    names = {
        "patch": {"operations": len(guarded.patch.operations), "steps": list(decision.steps)},
        "tier": decision.tier.name,
        "roi": {"low": roi.low, "mid": roi.mid, "high": roi.high} if roi else None,
        "evidence": {"verdict": evidence.verdict.value, "pairs": evidence.pairs},
    }
    violations = judge_policies(policies, names, schema=PRE_MERGE_NAMES)
    return [
        (_binding_action(found), f"policy {found.policy_id!r}: {found.message or found.expression}")
        for found in violations
    ]


def _binding_action(found: Violation) -> Action:
    if found.enforcement is Enforcement.ADVISORY:
        return Action.WARN
    return Action.BLOCK_MERGE if found.action is Action.FAIL_RUN else found.action


def _identify(workflow: Workflow, guarded: GuardedPatch) -> str:
    """The same patch of the same version gets the same id, whoever proposes it."""
    content = [workflow.path, workflow.spec_sha256, guarded.patch.to_json()]
    return hashlib.sha256(orjson.dumps(content)).hexdigest()[:12]


def _rank(proposals: Sequence[Proposal]) -> tuple[Proposal, ...]:
    by_candidate = {id(proposal.candidate): proposal for proposal in proposals}
    ranked = rank([(proposal.candidate, proposal.roi) for proposal in proposals])
    return tuple(
        replace(
            by_candidate[id(entry.candidate)],
            behind=entry.behind.title if entry.behind else "",
        )
        for entry in ranked
    )


def _without_runs(workflow: Workflow, runs: Sequence[Run]) -> str:
    if not runs:
        return f"{workflow.path}: no telemetry yet; run it with `flujo run … --telemetry FILE`"
    return (
        f"{workflow.path}: none of the {len(runs)} runs is of this version "
        f"({workflow.spec_sha256[:12]}); run it again, or check out the version that ran"
    )


def _too_few(found: Opportunity) -> str:
    return f"{found.step_id}: {found.summary} (not enough data: ≈ {found.runs_needed} more runs)"
