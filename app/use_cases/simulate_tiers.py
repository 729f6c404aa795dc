"""Tells of the proposals of the last days what would have been applied, held or refused in another mode."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.settings import Mode
from app.store import ProposalRecord, Store, list_proposals
from meta_agent import Verdict
from trust_tiers import RiskTier, Simulated, simulate_tier

AUTOMATIC = {Mode.AUTO_LOW: RiskTier.LOW, Mode.AUTO_MEDIUM: RiskTier.MEDIUM}
"""The modes in which anything happens by itself, and up to which tier."""

_PROVEN = frozenset({Verdict.BETTER.value, Verdict.NOT_WORSE.value})


@dataclass(frozen=True, slots=True)
class SimulatedProposal:
    """A proposal as it was stored, and what would have become of it."""

    record: ProposalRecord
    simulated: Simulated


def simulate_tiers(store: Store, mode: Mode, *, since: datetime) -> tuple[SimulatedProposal, ...]:
    """Judge the proposals made at or after `since`, oldest first, by their tier and evidence of that time.

    Policies and limits that were changed meanwhile are not applied anew.
    """
    with store.transaction() as rows:
        records: Sequence[ProposalRecord] = list_proposals(rows)
    return tuple(
        simulate_proposal(record, mode) for record in records if record.created_at >= since
    )


def simulate_proposal(record: ProposalRecord, mode: Mode) -> SimulatedProposal:
    """Judge one proposal by its tier and evidence of the time it was made."""
    simulated = simulate_tier(
        RiskTier[record.tier],
        automatic=AUTOMATIC[mode],
        state=record.state,
        doubt=_find_doubt(record),
    )
    return SimulatedProposal(record, simulated)


def _find_doubt(record: ProposalRecord) -> str:
    verdict = str(record.facts.get("verdict", ""))
    if verdict not in _PROVEN:
        return f"the evidence says: {verdict or 'nothing'}"
    return "" if record.prediction else "no estimate of its worth yet"
