"""Reads what became of earlier predictions: one reading a patch, at the longest horizon it was measured at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.store import (
    LedgerRecord,
    ProposalRecord,
    Transaction,
    find_proposal,
    list_applications,
    list_ledger,
)
from meta_agent import Applications, Reading, TrackRecord


@dataclass(frozen=True, slots=True)
class Ledger:
    """The latest line of every measured patch beside its proposal, oldest first, and the record they make."""

    lines: tuple[tuple[ProposalRecord, LedgerRecord], ...]
    record: TrackRecord


def read_ledger(rows: Transaction) -> Ledger:
    """Return a repository's ledger."""
    lines = tuple(
        (proposal, line)
        for line in latest_lines(list_ledger(rows))
        if (proposal := find_proposal(rows, line.proposal_id))
    )
    readings = tuple(_to_reading(line, proposal.patch_class) for proposal, line in lines)
    return Ledger(lines, TrackRecord(readings, _count_applications(rows)))


def read_track_record(rows: Transaction) -> TrackRecord:
    """Return the track record of a repository."""
    return read_ledger(rows).record


def latest_lines(ledger: Sequence[LedgerRecord]) -> tuple[LedgerRecord, ...]:
    """Return the last measurement of every patch at its longest horizon, oldest first."""
    latest: dict[str, LedgerRecord] = {}
    for line in ledger:
        known = latest.get(line.proposal_id)
        if line.realised_usd is None or (known and known.horizon_days > line.horizon_days):
            continue
        latest[line.proposal_id] = line
    return tuple(sorted(latest.values(), key=lambda line: line.recorded_at))


def _count_applications(rows: Transaction) -> dict[str, Applications]:
    applied: Counter[str] = Counter()
    reverted: Counter[str] = Counter()
    for application in list_applications(rows):
        proposal = find_proposal(rows, application.proposal_id)
        if proposal:
            applied[proposal.patch_class] += 1
            reverted[proposal.patch_class] += not application.stands
    return {name: Applications(applied[name], reverted[name]) for name in applied}


def _to_reading(line: LedgerRecord, patch_class: str) -> Reading:
    predicted, realised_usd = line.predicted, line.realised_usd or 0.0
    interval = (predicted.low_usd, predicted.mid_usd, predicted.high_usd)
    return Reading(patch_class, *interval, realised_usd, line.relative_effect)
