"""Taking an application back by a new commit; runs under the caller's lock."""

from datetime import datetime, timedelta

from app.errors import GitError, HeldError, LostRaceError, PathError
from app.ports import Branch
from app.store import (
    Application,
    Closing,
    Step,
    Transaction,
    close,
    mark_reverted,
    remember,
    set_proposal_state,
)
from app.use_cases.commit_messages import (
    PROPOSAL_TRAILER,
    REVERTS_TRAILER,
    read_trailers,
    write_message,
)
from app.use_cases.landings import Landing, World, land, load_proposal, move_proposal
from app.use_cases.take_out import take_out
from meta_agent import Memory, MemoryReason
from trust_tiers import RolloutError, RolloutEvent, RolloutState, advance

_ATTEMPTS = 3
_REMEMBERED_FOR = timedelta(days=90)


def revert(world: World, application: Application, event: RolloutEvent, reason: str) -> str:
    """Land a commit that restores the file byte for byte, and return it.

    Raises `HeldError`, and marks the proposal as held, when somebody edited the file since; else as `CodeHost.land`.
    """
    _check_ours(world, application, event)
    for _ in range(_ATTEMPTS):
        landing = prepare_revert(world, application, reason)
        try:
            entry = land(world, application.proposal_id, Step.REVERT, landing)
        except LostRaceError:
            continue
        record_revert(world, application.proposal_id, landing, entry)
        return landing.ref.commit
    raise HeldError(application.proposal_id, "the branch keeps moving; try again")


def record_revert(world: World, proposal_id: str, landing: Landing, entry: int) -> None:
    """Note that an application was taken back, whatever was planned, and remember its effect as unwelcome."""
    commit, reason = landing.ref.commit, landing.reason
    with world.store.transaction() as rows:
        note_reverted(rows, proposal_id, commit=commit, reason=reason, at=world.now)
        set_proposal_state(rows, proposal_id, RolloutState.REVERTED)
        close(rows, entry, Closing.DONE)


def note_reverted(
    rows: Transaction, proposal_id: str, *, commit: str, reason: str, at: datetime
) -> None:
    """Note by which commit an application was taken back, and remember its effect as unwelcome."""
    mark_reverted(rows, proposal_id, commit=commit, reason=reason, at=at)
    effect = load_proposal(rows, proposal_id).fingerprint
    remember(rows, Memory(effect, MemoryReason.REVERTED, at + _REMEMBERED_FOR))


def _check_ours(world: World, application: Application, event: RolloutEvent) -> None:
    """A revert is refused unless the commit is ours, stands, isn't a revert, and the event can happen now."""
    proposal_id = application.proposal_id
    if not application.stands:
        raise HeldError(proposal_id, f"{application.reverted_commit[:12]} took it back already")
    with world.store.transaction() as rows:
        proposal = load_proposal(rows, proposal_id)
    try:
        advance(proposal.state, event, hold=proposal.held_because)
        trailers = read_trailers(world.host.read_message(application.commit))
    except (RolloutError, GitError) as error:
        raise HeldError(proposal_id, str(error)) from error
    if trailers.get(PROPOSAL_TRAILER) != proposal_id or REVERTS_TRAILER in trailers:
        raise HeldError(proposal_id, f"{application.commit[:12]} isn't its commit")


def prepare_revert(world: World, application: Application, reason: str) -> Landing:
    """Make the commit that restores the file: byte for byte, or without our change where others edited it since.

    Raises `HeldError`, and marks the proposal as held, when the later edits touch what we changed.
    """
    branch = world.host.default_branch()
    content = _restore(world, branch, application)
    if content is None:
        _hold(world, application.proposal_id)
        raise HeldError(
            application.proposal_id,
            f"{application.path} was edited since; take it back by hand:"
            f" git revert {application.commit[:12]}",
        )
    is_exact = content == world.host.read_blob(application.blob_before)
    ref = world.host.prepare_commit(
        parent=branch.commit,
        path=application.path,
        content=content,
        message=_write_message(world, application, reason, is_exact=is_exact),
    )
    if is_exact and ref.blob_after != application.blob_before:
        raise HeldError(application.proposal_id, "the previous content can't be restored exactly")
    return Landing(branch.name, ref, reason=reason)


def _restore(world: World, branch: Branch, application: Application) -> bytes | None:
    """Return what the file is to hold; None when only a person can tell."""
    before = world.host.read_blob(application.blob_before)
    if _is_untouched(world, branch, application):
        return before
    try:
        current = world.host.read_file(branch.commit, application.path)
        ours = world.host.read_blob(application.blob_after)
        return None if current is None else take_out(before, ours, current)
    except (PathError, GitError, KeyError):
        return None


def _is_untouched(world: World, branch: Branch, application: Application) -> bool:
    try:
        return world.host.blob_sha(branch.commit, application.path) == application.blob_after
    except PathError:
        return False


def _hold(world: World, proposal_id: str) -> None:
    with world.store.transaction() as rows:
        if load_proposal(rows, proposal_id).state is not RolloutState.HELD:
            move_proposal(rows, proposal_id, RolloutEvent.CONFLICT)


def _write_message(world: World, application: Application, reason: str, *, is_exact: bool) -> str:
    subject = world.host.read_message(application.commit).splitlines()[0]
    path, commit = application.path, application.commit[:12]
    told = (
        f"{path} is back to the bytes it had before {commit}."
        if is_exact
        else f"{path} is without the change of {commit}; what was edited since stays."
    )
    return write_message(
        f'Revert "{subject}"',
        [reason, told],
        {PROPOSAL_TRAILER: application.proposal_id, REVERTS_TRAILER: application.commit},
    )
