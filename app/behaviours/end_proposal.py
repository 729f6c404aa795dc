"""Ends pull requests of ours: closes them with one line, remembers what people refused, keeps what they merged."""

from dataclasses import replace
from typing import Final

from app.behaviours.sticky_comment import say, take_sticky_turn
from app.behaviours.sweep_repository import PUBLISH, ask_for
from app.behaviours.workplace import Workplace
from app.errors import GitHubPermissionError, LostRaceError
from app.forge import PullRequest, PullRequestState
from app.store import (
    Ending,
    PullRequestRecord,
    Transaction,
    drop_page,
    find_proposal,
    find_repository,
    keep_correction,
    list_memories,
    list_pull_requests,
    remember,
    save_application,
    save_pull_request,
    save_repository,
)
from app.use_cases.landings import World
from app.use_cases.manners import SILENCE, is_worn_out
from app.use_cases.settle_merge import Merged, read_merge
from app.use_cases.transitions import move_rollout
from meta_agent import MemoryReason, remember_effect
from trust_tiers import RolloutEvent, RolloutState

ROLLOUT: Final = "rollout"
"""The kind of work that looks after what was applied; the key is the proposal."""

PURPOSE: Final = "proposal"
"""Our one comment on a pull request of ours, until it is applied."""

_WORDS: Final = {
    Ending.STALE: "Closed for now: {}. Open it again if you want it after all.",
    Ending.OVERTAKEN: "Closed: {}.",
    Ending.OUTDATED: "Closed: {}. If it is still worth it, a fresh one follows.",
    Ending.ALREADY_THERE: "Closed: {}. Thank you.",
    Ending.NOT_WORTH_IT: "Closed: {}.",
    Ending.DECIDED: "Closed: {}.",
}


_WHY: Final = {
    Ending.MERGED: "people merged it",
    Ending.CLOSED: "people closed it",
}
"""Why a proposal moved on where we didn't close it."""


def finish_ending(place: Workplace, row: PullRequestRecord, pull: PullRequest) -> None:
    """Close a pull request whose ending is announced in its row, telling why in one line; its branch goes too."""
    assert row.ending is not None
    tell_once(place, row, _WORDS[row.ending].format(row.ending_reason))
    if pull.state is PullRequestState.OPEN:
        place.forge.pull_requests.close(row.number)
    _delete_branch(place, row)
    _end(place, row, row.ending)


def tell_once(place: Workplace, row: PullRequestRecord, text: str) -> None:
    """Say something in our one comment on a pull request of ours; a locked thread is left silent."""
    turn = take_sticky_turn(place, row.number, PURPOSE)
    try:
        say(place, turn, text, head_commit=row.head_commit)
    except GitHubPermissionError:
        return


def end_by_people(place: Workplace, row: PullRequestRecord) -> None:
    """Take a closed pull request for a no; the branch stays, so that it can be opened again."""
    _end(place, row, Ending.CLOSED)


def end_merged(place: Workplace, row: PullRequestRecord, pull: PullRequest) -> None:
    """Keep what was merged, by whom, and have it looked after; or learn from what was merged in its place."""
    with place.store.snapshot() as rows:
        record = find_proposal(rows, row.proposal_id)
    assert record is not None
    merged = Merged()
    is_ours = record.state is RolloutState.PROPOSED
    if is_ours and place.default is not None and pull.base_branch == place.default.name:
        world = World(place.code, place.store, place.now)
        merged = read_merge(world, pull.merge_commit, record, place.settings)
    _delete_branch(place, row)
    by = pull.merged_by.id if pull.merged_by else 0
    _end(place, replace(row, decided_by=by), Ending.MERGED, merged)


def _delete_branch(place: Workplace, row: PullRequestRecord) -> None:
    """Tidy up our branch; one that holds somebody's work stays."""
    if row.is_left_alone or place.why_not_write():
        return
    try:
        place.forge.delete_branch(row.branch, expected=row.head_commit)
    except LostRaceError:
        return


def _end(
    place: Workplace, row: PullRequestRecord, ending: Ending, merged: Merged | None = None
) -> None:
    ended = replace(row, ending=ending, ended_at=place.now, previous_head="")
    with place.store.transaction() as rows:
        _decide(place, rows, row, ending, merged or Merged())
        save_pull_request(rows, ended)
        drop_page(rows, row.proposal_id)
        if ending is Ending.STALE:
            _fall_silent_if_ignored(place, rows)
    ask_for(place, PUBLISH)
    ask_for(place, ROLLOUT, row.proposal_id)


def _decide(
    place: Workplace, rows: Transaction, row: PullRequestRecord, ending: Ending, merged: Merged
) -> None:
    """Move the proposal on, unless somebody has done so, and remember what is to be remembered."""
    record = find_proposal(rows, row.proposal_id)
    if record is None:
        return
    if merged.application is not None:
        save_application(rows, merged.application)
    for correction in merged.corrections:
        keep_correction(rows, correction, at=place.now)
    if record.state is RolloutState.PROPOSED:
        event = _choose_event(ending, merged)
        move_rollout(
            rows,
            record.id,
            event,
            row.ending_reason or _WHY.get(ending, ending.value),
            at=place.now,
        )
    reason = {Ending.CLOSED: MemoryReason.NOT_NOW, Ending.STALE: MemoryReason.EXPIRED}.get(ending)
    known = {memory.fingerprint for memory in list_memories(rows, now=place.now)}
    if reason is not None and record.fingerprint not in known:
        remember(rows, remember_effect(record.fingerprint, reason, place.now))


def _choose_event(ending: Ending, merged: Merged) -> RolloutEvent:
    if ending is Ending.MERGED and merged.application is not None:
        return RolloutEvent.APPLY
    return RolloutEvent.DISCARD if ending is Ending.CLOSED else RolloutEvent.EXPIRE


def _fall_silent_if_ignored(place: Workplace, rows: Transaction) -> None:
    """Pause until somebody asks us to go on."""
    known = find_repository(rows, place.repository.id)
    if known is not None and is_worn_out(list_pull_requests(rows), place.settings.limits):
        save_repository(rows, replace(known, paused_until=place.now + SILENCE))
