"""Finds places worth improving in one version's runs, and patches for them: by heuristics, and by a model if asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from app.use_cases.grounds import Grounds
from meta_agent import (
    Candidate,
    ModelProposals,
    Opportunity,
    detect_in,
    open_window,
    prefer,
    propose_in,
)
from prompt_guard import RefusedEffect
from telemetry import attributes, set_extremes_apart
from trust_tiers import TierLimits
from workflow import Workflow

AskModel = Callable[
    [Workflow, Sequence[Opportunity], TierLimits, Sequence[RefusedEffect]], ModelProposals
]
"""A model's own candidates for these opportunities, which knows what was refused; never raises."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found, the patches that may answer it, and what there is to say besides; a model's cost `spent_usd`."""

    opportunities: tuple[Opportunity, ...]
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()
    spent_usd: float = 0.0


def find_candidates(grounds: Grounds, ask_model: AskModel | None) -> Found:
    """Detect and propose, on the runs that aren't held out."""
    # Extremes don't choose what is worth improving; what an improvement is worth is said with them.
    window = open_window(
        set_extremes_apart(grounds.seen_runs),
        grounds.workflow,
        history=grounds.seen_history,
        recordings=grounds.seen_recordings,
    )
    opportunities = detect_in(window)
    if not grounds.runs:
        told = tuple(found.summary for found in opportunities)
        return Found(tuple(opportunities), notes=told)
    ripe = [found for found in opportunities if found.enough]
    heuristic = _propose_all(grounds, ripe)
    asked = _ask(grounds, ripe, ask_model)
    notes = [_too_few(found) for found in opportunities if not found.enough]
    notes += [f"{asked.note}; spent ${asked.spent_usd:.4f}"] if asked else []
    notes += _tell_unanswered(ripe, heuristic)
    proposed = [*heuristic, *(asked.candidates if asked else ())]
    candidates = _drop_copies(
        [prefer(candidate, grounds.workflow, grounds.corrections) for candidate in proposed]
    )
    spent_usd = float(asked.spent_usd) if asked else 0.0
    return Found(tuple(opportunities), candidates, tuple(notes), spent_usd)


def _propose_all(grounds: Grounds, opportunities: Sequence[Opportunity]) -> list[Candidate]:
    """Return what the heuristics propose."""
    window = open_window(
        grounds.seen_runs,
        grounds.workflow,
        history=grounds.seen_history,
        recordings=grounds.seen_recordings,
    )
    settings = grounds.settings.proposers
    return [one for found in opportunities for one in propose_in(window, found, settings)]


def _ask(
    grounds: Grounds, opportunities: Sequence[Opportunity], ask_model: AskModel | None
) -> ModelProposals | None:
    of_steps = [one for one in opportunities if one.step_id != attributes.WORKFLOW_STEP_ID]
    if not ask_model or not of_steps:
        return None
    asked = ask_model(grounds.workflow, of_steps, grounds.settings.limits, grounds.refused)
    # Only our own code may write a patch that no plan bounds.
    bounded = tuple(replace(candidate, structural=False) for candidate in asked.candidates)
    return replace(asked, candidates=bounded)


def _tell_unanswered(
    opportunities: Sequence[Opportunity], candidates: Sequence[Candidate]
) -> list[str]:
    """Tell what was found about a whole workflow and no patch answers, such as drift."""
    answered = {candidate.opportunity.kind for candidate in candidates}
    return [
        found.summary
        for found in opportunities
        if found.step_id == attributes.WORKFLOW_STEP_ID and found.kind not in answered
    ]


def _drop_copies(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates in order: the heuristics' before a model's, and of equal patches the first."""
    distinct: dict[bytes, Candidate] = {}
    for candidate in candidates:
        distinct.setdefault(orjson.dumps(candidate.patch.to_json()), candidate)
    return tuple(distinct.values())


def _too_few(found: Opportunity) -> str:
    return f"{found.step_id}: {found.summary} (not enough data: ≈ {found.runs_needed} more runs)"
