"""Makes the branch of a pull request of ours anew, on its base as it is now."""

from dataclasses import replace

from app.behaviours.workplace import Workplace
from app.errors import LostRaceError
from app.forge import PullRequest
from app.store import ProposalRecord, PullRequestRecord, save_proposal, save_pull_request
from app.use_cases.put_on_branch import OfferedChange, commit_offer


def differs(row: PullRequestRecord, record: ProposalRecord, change: OfferedChange) -> bool:
    """Whether the spec, or what is proposed for it, is another one than our head was made for."""
    base_differs = change.base.spec_sha256 != record.spec_sha256
    return base_differs or change.after.spec_sha256 != row.spec_sha256_after


def remake(
    place: Workplace, row: PullRequestRecord, record: ProposalRecord, change: OfferedChange
) -> None:
    """Put the branch on the base as it is now; the row says so before the branch moves."""
    base = place.default
    assert base is not None
    if (row.base_commit, row.spec_sha256_after) == (base.commit, change.after.spec_sha256):
        return
    ref = commit_offer(place.code, change, base.commit)
    moved = replace(
        row,
        base_commit=base.commit,
        head_commit=ref.commit,
        previous_head=row.head_commit,
        spec_sha256_after=change.after.spec_sha256,
        rebased_at=place.now,
    )
    with place.store.transaction() as rows:
        save_proposal(rows, replace(record, spec_sha256=change.base.spec_sha256))
        save_pull_request(rows, moved)
    _move(place, moved)


def finish_move(place: Workplace, row: PullRequestRecord, pull: PullRequest) -> PullRequestRecord:
    """Make a move that was announced and cut off."""
    if not row.previous_head:
        return row
    if pull.head_commit == row.previous_head:
        _move(place, row)
    else:
        _save(place, replace(row, previous_head=""))
    return replace(row, previous_head="")


def _move(place: Workplace, row: PullRequestRecord) -> None:
    try:
        place.forge.move_branch(row.branch, expected=row.previous_head, to=row.head_commit)
    except LostRaceError:
        return  # somebody pushed just now; the next turn leaves it to them
    _save(place, replace(row, previous_head=""))


def _save(place: Workplace, row: PullRequestRecord) -> None:
    with place.store.transaction() as rows:
        save_pull_request(rows, row)
