"""Whether a proposal may be offered or applied at all: what is known of its effect, its worth, and what was decided."""

from dataclasses import replace
from datetime import datetime

from app.proposal import Proposal
from app.store import Transaction, find_proposal, list_memories
from app.use_cases.offer_proposal import find_offer, list_offers
from meta_agent import is_blocked
from trust_tiers import RolloutState


def recognise(rows: Transaction, proposal: Proposal) -> Proposal:
    """An effect that is on offer already is the same proposal, though it is of a new version of the spec now."""
    known = find_offer(list_offers(rows), proposal.fingerprint)
    return replace(proposal, id=known.id) if known else proposal


def find_block(rows: Transaction, proposal: Proposal, *, now: datetime) -> str:
    """Return why nothing is to be done with a proposal; `""` when something may."""
    if proposal.behind:
        return f"waits for {proposal.behind!r}, which touches the same place"
    if proposal.roi is not None and proposal.roi.mid <= 0:
        return "not expected to pay for its review"
    if proposal.blocks_merge:
        return "; ".join(proposal.violations)
    if is_blocked([proposal.fingerprint], list_memories(rows, now=now), now):
        return "remembered: this effect was taken back or refused before"
    known = find_proposal(rows, proposal.id)
    if known and known.state is not RolloutState.PROPOSED:
        return f"decided before: {known.state.value}"
    return ""
