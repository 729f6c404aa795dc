"""Moves one proposal on, from its pull request to everybody's runs, and tells of it in one comment."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from app.behaviours.end_proposal import ROLLOUT
from app.behaviours.sticky_comment import say, take_sticky_turn
from app.behaviours.workplace import Workplace
from app.errors import StoreBusyError
from app.jobs.handlers import Later
from app.store import Work, ask, find_application, find_proposal, find_pull_request, list_samples
from app.use_cases.advance_rollout import advance_rollout as advance
from app.use_cases.advance_rollout import list_active
from app.use_cases.landings import World
from app.use_cases.read_runs import DAYS
from app.use_cases.rollout_world import Progress, RolloutWorld
from app.use_cases.undo_rollout import NO_ROLLBACK_LABEL
from diff_ux import code_span, prose
from telemetry import Run
from trust_tiers import RolloutState

PURPOSE: Final = "rollout"
"""Our one comment on a pull request about what became of it once it was applied."""

_BUSY_FOR: Final = timedelta(minutes=1)
_TOLD: Final = {
    RolloutState.APPLIED: "**Merged**: its tests are run once more, on the merged commit.",
    RolloutState.BAKING: "**Baking**: the runs since are compared with those before.",
    RolloutState.PROMOTED: "**It stays**: it held up on real traffic.",
    RolloutState.HELD: "**On hold**: a person has to look.",
    RolloutState.REVERTED: "**Taken back**: this change won't apply by itself again for 90 days.",
}


def advance_rollout(place: Workplace, key: str) -> Later | None:
    """Move a proposal on as far as it goes; the key is its id."""
    with place.store.snapshot() as rows:
        record, known = find_proposal(rows, key), find_pull_request(rows, key)
    if record is None or place.default is None:
        return None
    turn = take_sticky_turn(place, known.number, PURPOSE) if known and known.number else None
    try:
        progress = advance(open_rollouts(place), key)
    except StoreBusyError:
        return Later(place.now + _BUSY_FOR, "another change of this repository is under way")
    text = _tell(place, key, progress)
    if turn is not None and text and not place.why_not_write():
        say(place, turn, text)
    return None if progress.next_at is None else Later(progress.next_at, progress.reason)


def ask_for_rollouts(place: Workplace, key: str) -> None:
    """Ask for every proposal to be moved on that may have something to do."""
    del key
    repository = place.repository
    with place.store.transaction() as rows:
        for proposal_id in list_active(rows):
            work = Work(repository.key, ROLLOUT, proposal_id, repository.installation_id)
            ask(rows, work, at=place.now)


def open_rollouts(place: Workplace) -> RolloutWorld:
    """Return the repository as its rollouts see it."""
    return RolloutWorld(
        World(place.code, place.store, place.now),
        place.settings,
        partial(_find_runs, place),
        forge=place.forge,
        why_not=lambda labels: place.why_not_write(*labels),
    )


def _find_runs(place: Workplace, spec_sha256: str, since: datetime) -> tuple[Run, ...]:
    """Return sampled runs under either name that senders' tokens may have been made for."""
    names = (place.repository.key, place.repository.full_name)
    earliest = max(since, place.now - timedelta(days=2 * DAYS))
    with place.store.snapshot() as rows:
        return tuple(
            sample.run
            for name in names
            for sample in list_samples(
                rows, repository=name, spec_sha256=spec_sha256, since=earliest
            )
        )


def _tell(place: Workplace, key: str, progress: Progress) -> str:
    head = _TOLD.get(progress.state)
    with place.store.snapshot() as rows:
        application = find_application(rows, key)
    if head is None or application is None:
        return ""
    lines = [head, "", prose(_steady(progress))]
    if progress.state in (RolloutState.APPLIED, RolloutState.BAKING):
        label = code_span(NO_ROLLBACK_LABEL)
        lines += ["", f"`/flujo rollback` takes it back; the label {label} keeps me from doing so."]
    return "\n".join(lines)


def _steady(progress: Progress) -> str:
    """Leave out what changes at every look: a comment isn't edited for a counter."""
    if progress.state is RolloutState.BAKING and ". " in progress.reason:
        return progress.reason.partition(". ")[2]
    return progress.reason
