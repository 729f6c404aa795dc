"""The memory of effects that mustn't be proposed again for a while, keyed on the effect and not on the wording."""

from datetime import datetime

from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from meta_agent import Memory, MemoryReason


class MemoryRow(OwnRow, table=True):
    """A row of `memory`."""

    __tablename__ = "memory"

    fingerprint: str = Field(primary_key=True)
    reason: str
    until: datetime = Field(sa_type=Instant)


def remember(rows: Transaction, record: Memory) -> None:
    """Keep a record; of two for the same effect the longer one stays."""
    known = rows.get(MemoryRow, record.fingerprint)
    if known is None or known.until < record.until:
        rows.merge(
            MemoryRow(
                fingerprint=record.fingerprint, reason=record.reason.value, until=record.until
            )
        )
        rows.flush()


def forget(rows: Transaction, fingerprint: str) -> None:
    """Let an effect be proposed again; one that isn't kept will do."""
    known = rows.get(MemoryRow, fingerprint)
    if known is not None:
        rows.delete(known)
        rows.flush()


def list_memories(rows: Transaction, *, now: datetime) -> tuple[Memory, ...]:
    """Return what still counts at `now`, ordered by fingerprint."""
    query = select(MemoryRow).where(col(MemoryRow.until) > now).order_by(col(MemoryRow.fingerprint))
    return tuple(
        Memory(row.fingerprint, MemoryReason(row.reason), row.until) for row in rows.exec(query)
    )
