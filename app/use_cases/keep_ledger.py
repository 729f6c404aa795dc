"""The ledger: what each applied patch was predicted to bring, beside what the runs since say it brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.store import (
    Application,
    LedgerRecord,
    ProposalRecord,
    Store,
    add_to_ledger,
    find_proposal,
    list_applications,
    list_ledger,
)
from meta_agent import RoiSettings, Traffic, measure_realised, outcome_of
from telemetry import Run

_MIN_RUNS = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """A new line of the ledger, and the proposal it is about."""

    proposal: ProposalRecord
    record: LedgerRecord


def keep_ledger(
    store: Store, runs: Sequence[Run], *, roi: RoiSettings, now: datetime
) -> tuple[Measured, ...]:
    """Measure every standing application that has enough runs on both sides and isn't measured on them yet."""
    added: list[Measured] = []
    with store.transaction() as rows:
        measured = {(row.proposal_id, row.runs) for row in list_ledger(rows)}
        for application in list_applications(rows):
            proposal = find_proposal(rows, application.proposal_id)
            if proposal is None or not application.stands:
                continue
            record = _measure(application, proposal, runs, roi, now)
            if record and (record.proposal_id, record.runs) not in measured:
                add_to_ledger(rows, record)
                added.append(Measured(proposal, record))
    return tuple(added)


def _measure(
    application: Application,
    proposal: ProposalRecord,
    runs: Sequence[Run],
    roi: RoiSettings,
    now: datetime,
) -> LedgerRecord | None:
    base = [outcome_of(run) for run in runs if run.spec_sha256 == application.spec_sha256_before]
    head = [outcome_of(run) for run in runs if run.spec_sha256 == application.spec_sha256_after]
    prediction = proposal.prediction
    if prediction is None or min(len(base), len(head)) < _MIN_RUNS:
        return None
    realised_usd = measure_realised(
        base,
        head,
        settings=roi,
        # The traffic assumed back then: the ledger judges the effect, not how busy the months were.
        traffic=Traffic(_fact(proposal, "runs_per_month"), "as predicted"),
        fixed_usd=_fact(proposal, "fixed_usd"),
    )
    return LedgerRecord(application.proposal_id, prediction, realised_usd, len(head), now)


def _fact(proposal: ProposalRecord, name: str) -> float:
    value = proposal.facts.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
