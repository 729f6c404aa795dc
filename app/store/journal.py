"""The journal: every effect on the repository is announced here before it happens, and closed after.

An open entry found at the start is an effect that was cut off; `app.use_cases.recover` finishes or drops it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import JSON
from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import to_proposal


class Step(StrEnum):
    """What is about to happen; `MOVE` is from one state of a rollout to another, which nothing can cut off."""

    LAND = "land"
    VERIFY = "verify"
    REVERT = "revert"
    MERGE = "merge"
    MOVE = "move"


class Closing(StrEnum):
    """How an announced effect ended; an abandoned one never happened."""

    DONE = "done"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An announced effect; `closing` is None while nobody knows how it ended."""

    id: int
    proposal_id: str
    step: Step
    detail: Mapping[str, JsonValue]
    at: datetime
    closing: Closing | None = None


class JournalRow(OwnRow, table=True):
    """A row of `journal`."""

    __tablename__ = "journal"
    __table_args__ = (to_proposal(),)

    repository: str = Field(default="", index=True)
    id: int | None = Field(default=None, primary_key=True)
    proposal_id: str = Field(index=True)
    step: str
    detail: dict[str, JsonValue] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=Instant)
    closing: str | None = Field(default=None, index=True)


def announce(
    rows: Transaction,
    proposal_id: str,
    step: Step,
    detail: Mapping[str, JsonValue],
    *,
    at: datetime,
) -> int:
    """Open an entry and return its id."""
    row = JournalRow(proposal_id=proposal_id, step=step.value, detail=dict(detail), at=at)
    rows.add(row)
    rows.flush()
    assert row.id is not None
    return row.id


def close(rows: Transaction, entry_id: int, closing: Closing) -> None:
    """Close an entry; closing it again changes nothing."""
    row = rows.get_one(JournalRow, entry_id)
    row.closing = row.closing or closing.value
    rows.add(row)


def list_open_entries(rows: Transaction) -> tuple[JournalEntry, ...]:
    """Return the effects that were cut off, oldest first."""
    query = select(JournalRow).where(col(JournalRow.closing).is_(None)).order_by(col(JournalRow.id))
    return tuple(_to_record(row) for row in rows.exec(query))


def list_entries(rows: Transaction, proposal_id: str) -> tuple[JournalEntry, ...]:
    """Return the history of one proposal, oldest first."""
    query = select(JournalRow).where(col(JournalRow.proposal_id) == proposal_id)
    return tuple(_to_record(row) for row in rows.exec(query.order_by(col(JournalRow.id))))


def _to_record(row: JournalRow) -> JournalEntry:
    assert row.id is not None
    closing = Closing(row.closing) if row.closing else None
    return JournalEntry(row.id, row.proposal_id, Step(row.step), row.detail, row.at, closing)
