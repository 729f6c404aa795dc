"""The ledger: what was predicted, beside what was measured later; rows are only ever added."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, col, select

from app.store.columns import Instant, Row
from app.store.database import Transaction
from app.store.proposals import Prediction


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """One measurement over `runs` runs, in net US dollars a month; None where nothing could be measured."""

    proposal_id: str
    predicted: Prediction
    realised_usd: float | None
    runs: int
    recorded_at: datetime


class LedgerRow(Row, table=True):
    """A row of `ledger`."""

    __tablename__ = "ledger"

    id: int | None = Field(default=None, primary_key=True)
    proposal_id: str = Field(foreign_key="proposals.id", index=True)
    low_usd: float
    mid_usd: float
    high_usd: float
    realised_usd: float | None
    runs: int
    recorded_at: datetime = Field(sa_type=Instant)


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
        )
    )
    rows.flush()


def list_ledger(rows: Transaction) -> tuple[LedgerRecord, ...]:
    """Return all measurements, oldest first."""
    query = select(LedgerRow).order_by(col(LedgerRow.recorded_at), col(LedgerRow.id))
    return tuple(_to_record(row) for row in rows.exec(query))


def _to_record(row: LedgerRow) -> LedgerRecord:
    predicted = Prediction(row.low_usd, row.mid_usd, row.high_usd)
    return LedgerRecord(row.proposal_id, predicted, row.realised_usd, row.runs, row.recorded_at)
