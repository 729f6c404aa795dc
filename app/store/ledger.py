"""The ledger: what was predicted, beside what was measured later; rows are only ever added."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import Prediction, to_proposal


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One measurement over `runs` runs, in net US dollars a month; None where nothing could be measured.

    `horizon_days` is how long after it was applied it was due, 0 for an early one. `base_runs` are those it is compared
    with, in `strata` kinds of runs, priced by `price_table`; `relative_effect` is the share of a run's loss that went.
    """

    proposal_id: str
    predicted: Prediction
    realised_usd: float | None
    runs: int
    recorded_at: datetime
    horizon_days: int = 0
    base_runs: int = 0
    strata: int = 1
    relative_effect: float | None = None
    price_table: str = ""


class LedgerRow(OwnRow, table=True):
    """A row of `ledger`."""

    __tablename__ = "ledger"
    __table_args__ = (to_proposal(),)

    repository: str = Field(default="", index=True)
    id: int | None = Field(default=None, primary_key=True)
    proposal_id: str = Field(index=True)
    low_usd: float
    mid_usd: float
    high_usd: float
    realised_usd: float | None
    runs: int
    recorded_at: datetime = Field(sa_type=Instant)
    horizon_days: int = 0
    base_runs: int = 0
    strata: int = 1
    relative_effect: float | None = None
    price_table: str = ""


def add_to_ledger(rows: Transaction, record: LedgerRecord) -> None:
    """Append a measurement."""
    predicted = record.predicted
    rows.add(
        LedgerRow(
            proposal_id=record.proposal_id,
            low_usd=predicted.low_usd,
            mid_usd=predicted.mid_usd,
            high_usd=predicted.high_usd,
            realised_usd=record.realised_usd,
            runs=record.runs,
            recorded_at=record.recorded_at,
            horizon_days=record.horizon_days,
            base_runs=record.base_runs,
            strata=record.strata,
            relative_effect=record.relative_effect,
            price_table=record.price_table,
        )
    )
    rows.flush()


def list_ledger(rows: Transaction) -> tuple[LedgerRecord, ...]:
    """Return all measurements, oldest first."""
    query = select(LedgerRow).order_by(col(LedgerRow.recorded_at), col(LedgerRow.id))
    return tuple(_to_record(row) for row in rows.exec(query))


def _to_record(row: LedgerRow) -> LedgerRecord:
    return LedgerRecord(
        proposal_id=row.proposal_id,
        predicted=Prediction(row.low_usd, row.mid_usd, row.high_usd),
        realised_usd=row.realised_usd,
        runs=row.runs,
        recorded_at=row.recorded_at,
        horizon_days=row.horizon_days,
        base_runs=row.base_runs,
        strata=row.strata,
        relative_effect=row.relative_effect,
        price_table=row.price_table,
    )
