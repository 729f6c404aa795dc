"""Moves one rollout on as far as it goes now, on whichever host: its row says where it is, the rest is read anew.

It may be called at any time and as often as one likes, and after a process died anywhere in it: what was announced in
the journal is settled first, and no step does what is done already.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from app.errors import BadInputError
from app.ports import RunTests
from app.store import (
    ProposalRecord,
    Transaction,
    find_application,
    find_rollout,
    list_open_entries,
    list_proposals,
    save_rollout,
)
from app.use_cases.apply_proposal import apply_under_lock
from app.use_cases.confirm_rollout import bake, confirm_merge, look_at_held
from app.use_cases.judge_rollout import judge_rollout
from app.use_cases.landings import load_proposal
from app.use_cases.record_merge import settle_merges
from app.use_cases.recover import settle_journal, settle_landings
from app.use_cases.rollout_world import Progress, RolloutWorld
from app.use_cases.spec_edit import SpecEdit
from app.use_cases.stage_rollout import stage_or_merge
from app.use_cases.transitions import note_reason
from app.use_cases.undo_rollout import TakeBack, take_back_rollout
from diff_ux import describe_changes
from trust_tiers import RolloutEvent, RolloutState
from workflow import diff_workflows

Advance = Callable[[RolloutWorld, ProposalRecord], Progress]

_MOST_STEPS: Final = 8

ACTIVE: Final = frozenset(
    {
        RolloutState.PROPOSED,
        RolloutState.STAGED,
        RolloutState.APPLIED,
        RolloutState.BAKING,
        RolloutState.HELD,
    }
)
"""The states in which there may be something to do."""


def advance_rollout(rollouts: RolloutWorld, proposal_id: str) -> Progress:
    """Move a rollout on until it has to wait, and say for what; raises `StoreBusyError` while another process does.

    Raises `BadInputError` for a proposal that isn't known, and what the host raises: then nothing is half done.
    """
    store = rollouts.world.store
    with store.exclusively():
        _settle(rollouts, proposal_id)
        progress = Progress(RolloutState.PROPOSED)
        for _ in range(_MOST_STEPS):
            with store.transaction() as rows:
                record = load_proposal(rows, proposal_id)
                known = find_rollout(rows, proposal_id)
            step = _steps(rollouts).get(record.state)
            if step is None:
                return Progress(record.state, known.reason)
            progress = step(rollouts, record)
            if progress.state is record.state or progress.next_at is None:
                break
        return progress


def ask_to_apply(rollouts: RolloutWorld, proposal_id: str, *, asked_by: int) -> None:
    """Note that a person who may write wants a proposal applied: its tier is theirs to accept, its tests aren't."""
    with rollouts.world.store.transaction() as rows:
        load_proposal(rows, proposal_id)
        known = find_rollout(rows, proposal_id)
        save_rollout(rows, replace(known, asked_by=asked_by, given_up_head=""))


def take_back_now(rollouts: RolloutWorld, proposal_id: str, reason: str) -> Progress:
    """Take an applied proposal back because a person wants it; raises as `advance_rollout` does."""
    with rollouts.world.store.exclusively():
        _settle(rollouts, proposal_id)
        with rollouts.world.store.transaction() as rows:
            record = load_proposal(rows, proposal_id)
            application = find_application(rows, proposal_id)
        if application is None:
            raise BadInputError(f"{proposal_id!r} isn't applied")
        if not application.stands:
            return Progress(record.state, application.reason)
        wish = TakeBack(application, RolloutEvent.UNDO, reason, is_asked=True)
        return take_back_rollout(rollouts, record, wish)


def bake_all(rollouts: RolloutWorld) -> tuple[tuple[str, Progress], ...]:
    """Look at everything that bakes; return what there is to say of each, by proposal."""
    watched = (RolloutState.BAKING, RolloutState.HELD)
    with rollouts.world.store.snapshot() as rows:
        found = [record.id for record in list_proposals(rows, states=watched)]
    return tuple((proposal_id, advance_rollout(rollouts, proposal_id)) for proposal_id in found)


def list_active(rows: Transaction) -> tuple[str, ...]:
    """Return the proposals that may have something to do, by age."""
    return tuple(record.id for record in list_proposals(rows, states=ACTIVE))


def _settle(rollouts: RolloutWorld, proposal_id: str) -> None:
    """Find out what became of everything that a dead process had announced."""
    settle_landings(rollouts.world)
    if rollouts.forge is not None:
        settle_merges(rollouts, proposal_id)


def _steps(rollouts: RolloutWorld) -> Mapping[RolloutState, Advance]:
    return _LOCALLY if rollouts.forge is None else _ON_GITHUB


def _apply_locally(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """Judge a proposal by the branch as it is now, test it, land it and test it again, all in this process."""
    host, store = rollouts.world.host, rollouts.world.store
    with store.transaction() as rows:
        is_asked = bool(find_rollout(rows, record.id).asked_by)
    base = host.default_branch()
    judged = judge_rollout(rollouts, record, base.commit)
    obstacle = judged if isinstance(judged, str) else judged.find_obstacle(is_asked=is_asked)
    stopped = rollouts.why_not(())
    if isinstance(judged, str) or obstacle or stopped:
        reason = obstacle or stopped or ""
        with store.transaction() as rows:
            note_reason(rows, record.id, reason)
        return Progress(record.state, reason)
    changes = diff_workflows(judged.before, judged.after)
    edit = SpecEdit(
        proposal_id=record.id,
        blob_before=host.blob_sha(base.commit, record.spec_path) or "",
        content=judged.after.text.encode(),
        spec_sha256_after=judged.after.spec_sha256,
        sentences=tuple(sentence.text for sentence in describe_changes(changes)),
    )
    outcome = apply_under_lock(rollouts.world, edit, _open_tests(rollouts, record))
    reason = "; ".join(outcome.reasons)
    with store.transaction() as rows:
        note_reason(rows, record.id, reason)
        state = load_proposal(rows, record.id).state
    return Progress(state, reason, rollouts.now)


def _verify_locally(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """Test what a dead process left untested."""
    settle_journal(rollouts.world, _open_tests(rollouts, record), spec_path=record.spec_path)
    with rollouts.world.store.transaction() as rows:
        state = load_proposal(rows, record.id).state
        is_open = any(one.proposal_id == record.id for one in list_open_entries(rows))
    return Progress(state, "", rollouts.now if not is_open else None)


def _open_tests(rollouts: RolloutWorld, record: ProposalRecord) -> RunTests:
    assert rollouts.open_tests is not None
    return rollouts.open_tests(record.spec_path)


_ON_GITHUB: Final[Mapping[RolloutState, Advance]] = {
    RolloutState.PROPOSED: stage_or_merge,
    RolloutState.STAGED: stage_or_merge,
    RolloutState.APPLIED: confirm_merge,
    RolloutState.BAKING: bake,
    RolloutState.HELD: look_at_held,
}

_LOCALLY: Final[Mapping[RolloutState, Advance]] = {
    RolloutState.PROPOSED: _apply_locally,
    RolloutState.STAGED: _apply_locally,
    RolloutState.APPLIED: _verify_locally,
    RolloutState.BAKING: bake,
    RolloutState.HELD: look_at_held,
}
