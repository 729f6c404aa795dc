"""Moves a rollout from one state to the next, and keeps why: in its row for people, in the journal for good."""

from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from app.store import (
    Closing,
    ProposalRecord,
    Step,
    Transaction,
    announce,
    close,
    find_rollout,
    save_rollout,
    set_proposal_state,
)
from app.use_cases.landings import load_proposal
from trust_tiers import RolloutError, RolloutEvent, RolloutState, advance

_LONGEST = 500


def move_rollout(
    rows: Transaction, proposal_id: str, event: RolloutEvent, why: str, *, at: datetime
) -> RolloutState:
    """Let an event happen and return the state it leads to; raises `RolloutError` when it can't happen now."""
    proposal = load_proposal(rows, proposal_id)
    way = advance(proposal.state, event, hold=proposal.held_because)
    detail: dict[str, JsonValue] = {
        "event": event.value,
        "from": proposal.state.value,
        "to": way.state.value,
        "reason": (why or way.reason)[:_LONGEST],
    }
    entry = announce(rows, proposal_id, Step.MOVE, detail, at=at)
    set_proposal_state(rows, proposal_id, way.state, way.hold)
    close(rows, entry, Closing.DONE)
    note_reason(rows, proposal_id, why or way.reason)
    return way.state


def note_reason(
    rows: Transaction, proposal_id: str, reason: str, *, next_at: datetime | None = None
) -> None:
    """Keep why a rollout stands where it does, if that is news."""
    known = find_rollout(rows, proposal_id)
    noted = replace(known, reason=reason[:_LONGEST], next_at=next_at)
    if noted != known:
        save_rollout(rows, noted)


def may(proposal: ProposalRecord, event: RolloutEvent) -> bool:
    """Whether an event can happen to a proposal as it is."""
    try:
        advance(proposal.state, event, hold=proposal.held_because)
    except RolloutError:
        return False
    return True
