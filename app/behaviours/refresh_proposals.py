"""Brings our open pull requests up to date: made anew where the spec moved, closed when they have had their time.

What a person has taken in hand stays as it is. Everything is read from GitHub before anything is written.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

from app.behaviours.end_proposal import end_by_people, end_merged, finish_ending, tell_once
from app.behaviours.publish_proposals import compose_body, hash_body
from app.behaviours.remake_branch import differs, finish_move, remake
from app.behaviours.run_in_order import run_in_order
from app.behaviours.workplace import Workplace
from app.forge import PullRequest, PullRequestState
from app.jobs.handlers import Later
from app.store import (
    Ending,
    ProposalRecord,
    PullRequestRecord,
    find_page,
    find_proposal,
    find_pull_request_numbered,
    list_pull_requests,
    save_pull_request,
)
from app.use_cases.fit_offer import Misfit, fit_offer
from app.use_cases.manners import DAY, is_stale, may_rebase
from app.use_cases.put_on_branch import OfferedChange
from diff_ux import render_title
from trust_tiers import RolloutState

REBASE: Final = "rebase"
"""The kind of work that makes a pull request anew on its base as it is now; the key is its number."""

_YOURS: Final = """\
You have taken this in hand, so it is yours now: I won't change, rebase or close it. Merge it and I learn what you \
preferred; close it and I won't propose it again for a while.
"""
_OVER: Final = frozenset({RolloutState.ROLLED_BACK, RolloutState.REVERTED, RolloutState.EXPIRED})


def refresh_proposals(place: Workplace, key: str) -> Later | None:
    """Bring all open pull requests of ours up to date."""
    del key
    with place.store.snapshot() as rows:
        known = [row for row in list_pull_requests(rows) if row.is_open]
    return _refresh_all(place, known)


def refresh_proposal(place: Workplace, key: str) -> Later | None:
    """Bring one pull request up to date if it is ours; the key is its number."""
    row = _find(place, key)
    return _refresh(place, row) if row else None


def rebase_proposal(place: Workplace, key: str) -> Later | None:
    """Make one pull request of ours anew on its base; the key is its number."""
    row = _find(place, key)
    return _refresh(place, row, is_asked=True) if row else None


def _find(place: Workplace, key: str) -> PullRequestRecord | None:
    with place.store.snapshot() as rows:
        return find_pull_request_numbered(rows, int(key))


def _refresh_all(place: Workplace, known: Iterable[PullRequestRecord]) -> Later | None:
    return run_in_order(partial(_refresh, place, row) for row in known)


def _refresh(place: Workplace, row: PullRequestRecord, *, is_asked: bool = False) -> Later | None:
    if not row.number:
        return None  # not opened yet
    pull = place.forge.pull_requests.get(row.number)
    if pull.state is PullRequestState.MERGED:
        if row.ending is not Ending.MERGED:
            end_merged(place, row, pull)
    elif pull.state is PullRequestState.CLOSED:
        if row.is_open:
            finish_ending(place, row, pull) if row.ending else end_by_people(place, row)
    elif not row.is_open:
        _take_up_again(place, row)
    elif not row.is_left_alone and not place.why_not_write(*pull.labels):
        return _keep_up(place, row, pull, is_asked=is_asked)
    return None


def _take_up_again(place: Workplace, row: PullRequestRecord) -> None:
    """Somebody opened it again, and so it is theirs."""
    again = replace(row, ending=None, ending_reason="", ended_at=None, is_left_alone=True)
    _save(place, again)


def _keep_up(
    place: Workplace, row: PullRequestRecord, pull: PullRequest, *, is_asked: bool
) -> Later | None:
    if pull.head_commit not in {row.head_commit, row.previous_head} or (
        pull.base_branch != row.base_branch
    ):
        _leave_alone(place, row)
        return None
    if row.ending is not None:
        finish_ending(place, row, pull)
        return None
    with place.store.snapshot() as rows:
        record = find_proposal(rows, row.proposal_id)
    assert record is not None
    if record.state in (RolloutState.STAGED, RolloutState.HELD):
        return None  # whoever applies it is at work
    row = finish_move(place, row, pull)
    misfit = _find_reason_to_close(place, row, record)
    if isinstance(misfit, Misfit):
        row = replace(row, ending=misfit.ending, ending_reason=misfit.reason)
        _save(place, row)
        finish_ending(place, row, pull)
        return None
    return _bring_up_to_date(place, row, pull, record, misfit, is_asked=is_asked)


def _leave_alone(place: Workplace, row: PullRequestRecord) -> None:
    """Say once that it is theirs, then never touch it again."""
    tell_once(place, row, _YOURS)
    _save(place, replace(row, is_left_alone=True, ending=None, ending_reason=""))


def _find_reason_to_close(
    place: Workplace, row: PullRequestRecord, record: ProposalRecord
) -> Misfit | OfferedChange | None:
    """Return why it is to be closed, else its change on the base as it is now; None when nobody can tell."""
    if record.state in _OVER:
        return Misfit(Ending.DECIDED, "it was decided elsewhere")
    caps = place.settings.limits
    if is_stale(row.opened_at, caps, place.now) and not _was_talked_about(place, row):
        return Misfit(Ending.STALE, f"nobody said anything for {caps.stale_days} days")
    assert place.default is not None
    return fit_offer(place.code, place.default.commit, record, place.settings)


def _was_talked_about(place: Workplace, row: PullRequestRecord) -> bool:
    """Whether a person said something not too long ago."""
    caps, me = place.settings.limits, place.forge.people.me().id
    return any(
        comment.author.id != me
        and not comment.author.is_bot
        and not is_stale(comment.updated_at, caps, place.now)
        for comment in place.forge.comments.list(row.number)
    )


def _bring_up_to_date(
    place: Workplace,
    row: PullRequestRecord,
    pull: PullRequest,
    record: ProposalRecord,
    change: OfferedChange | None,
    *,
    is_asked: bool,
) -> Later | None:
    """Make the branch anew where the spec, or what is proposed, is another one now; and the page where it changed."""
    later = None
    conflicts = pull.is_mergeable is False
    if change is not None and (is_asked or conflicts or differs(row, record, change)):
        if may_rebase(row, place.now, conflicts=conflicts or is_asked):
            remake(place, row, record, change)
        elif row.rebased_at is not None:
            later = Later(row.rebased_at + DAY, "one rebase a day")
    _update_page(place, row, pull, record)
    return later


def _update_page(
    place: Workplace, row: PullRequestRecord, pull: PullRequest, record: ProposalRecord
) -> None:
    with place.store.snapshot() as rows:
        page = find_page(rows, row.proposal_id)
    if page is None:
        return
    body = compose_body(page)
    if hash_body(body) == row.body_sha256:
        return
    title = render_title(record.title)
    place.forge.pull_requests.edit(
        pull.number, title=None if title == pull.title else title, body=body
    )
    with place.store.transaction() as rows:
        known = find_pull_request_numbered(rows, row.number)
        if known is not None:
            save_pull_request(rows, replace(known, body_sha256=hash_body(body)))


def _save(place: Workplace, row: PullRequestRecord) -> None:
    with place.store.transaction() as rows:
        save_pull_request(rows, row)
