"""The ledger: what each applied patch was predicted to bring, beside what the runs since say it brought.

A patch is measured as soon as there are runs to measure it by, and again with the runs of its first week and of its
first month: those two readings don't depend on when somebody looked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.store import (
    Application,
    LedgerRecord,
    ProposalRecord,
    Store,
    Transaction,
    add_to_ledger,
    find_proposal,
    list_applications,
    list_ledger,
)
from meta_agent import RoiSettings, Traffic, compare_periods
from telemetry import Run, name_price_table
from workflow import Reprice

EARLY: Final = 0
HORIZONS_DAYS: Final = (7, 30)
_MIN_RUNS = 30


@dataclass(frozen=True, slots=True)
class Measured:
    """A new line of the ledger, and the proposal it is about."""

    proposal: ProposalRecord
    record: LedgerRecord


@dataclass(frozen=True, slots=True)
class _Measurement:
    """What a standing application is measured by."""

    application: Application
    proposal: ProposalRecord
    runs: Sequence[Run]
    roi: RoiSettings
    reprice: Reprice | None
    now: datetime

    def measure(self, horizon_days: int) -> LedgerRecord | None:
        """Compare the version before with the runs since, up to the horizon; None where too few tell."""
        done, prediction = self.application, self.proposal.prediction
        base = [run for run in self.runs if run.spec_sha256 == done.spec_sha256_before]
        until = done.applied_at + timedelta(days=horizon_days) if horizon_days else None
        head = [
            run
            for run in self.runs
            if run.spec_sha256 == done.spec_sha256_after
            and (until is None or run.started_at <= until)
        ]
        if prediction is None or min(len(base), len(head)) < _MIN_RUNS:
            return None
        found = compare_periods(
            base,
            head,
            settings=self.roi,
            patched=_steps_of(self.proposal),
            reprice=self.reprice,
        )
        # The traffic assumed back then: the ledger judges the effect, not how busy the months were.
        traffic = Traffic(_fact(self.proposal, "runs_per_month"), "as predicted")
        return LedgerRecord(
            proposal_id=done.proposal_id,
            predicted=prediction,
            realised_usd=found.net_usd(traffic, _fact(self.proposal, "fixed_usd")),
            runs=len(head),
            recorded_at=self.now,
            horizon_days=horizon_days,
            base_runs=len(base),
            strata=found.strata,
            relative_effect=found.gain_usd_per_run / found.loss_usd if found.loss_usd > 0 else None,
            price_table=name_price_table() if self.reprice else "",
        )

    def due(self) -> Sequence[int]:
        """Return the horizons that have passed by now, and the early reading before the last of them has."""
        age = self.now - self.application.applied_at
        passed = [days for days in HORIZONS_DAYS if age >= timedelta(days=days)]
        return passed if len(passed) == len(HORIZONS_DAYS) else [EARLY, *passed]


def keep_ledger(
    store: Store,
    runs: Sequence[Run],
    *,
    roi: RoiSettings,
    now: datetime,
    reprice: Reprice | None = None,
) -> tuple[Measured, ...]:
    """Measure every standing application that has enough runs on both sides and isn't measured on them yet."""
    added: list[Measured] = []
    with store.transaction() as rows:
        known = {_identity(record) for record in list_ledger(rows)}
        for application in list_applications(rows):
            proposal = find_proposal(rows, application.proposal_id)
            if proposal is None or not application.stands:
                continue
            measurement = _Measurement(application, proposal, runs, roi, reprice, now)
            added += _measure_new(rows, measurement, known)
    return tuple(added)


def _measure_new(
    rows: Transaction, measurement: _Measurement, known: set[tuple[str, int, int]]
) -> list[Measured]:
    added = []
    for days in measurement.due():
        record = measurement.measure(days)
        if record and _identity(record) not in known:
            add_to_ledger(rows, record)
            added.append(Measured(measurement.proposal, record))
    return added


def _identity(record: LedgerRecord) -> tuple[str, int, int]:
    """An early reading is taken anew with more runs, the others once."""
    return record.proposal_id, record.horizon_days, 0 if record.horizon_days else record.runs


def _steps_of(proposal: ProposalRecord) -> tuple[str, ...]:
    steps = proposal.facts.get("steps")
    return tuple(str(step) for step in steps) if isinstance(steps, list) else ()


def _fact(proposal: ProposalRecord, name: str) -> float:
    value = proposal.facts.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
