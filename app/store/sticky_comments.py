"""The table of the comments we keep up to date: whose turn it is to speak, and what was said last."""

from dataclasses import dataclass

from sqlalchemy import BigInteger
from sqlmodel import Field

from app.store.columns import OwnRow
from app.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Turn:
    """A place in the order of those who may speak for one purpose in one thread; later ones count higher."""

    number: int
    purpose: str
    sequence: int


class StickyCommentRow(OwnRow, table=True):
    """A row of `sticky_comments`: the last turn that was taken, the last that spoke, and the hash of what it said."""

    __tablename__ = "sticky_comments"

    number: int = Field(primary_key=True, sa_type=BigInteger)
    purpose: str = Field(primary_key=True)
    claimed: int = Field(sa_type=BigInteger)
    told: int = Field(sa_type=BigInteger)
    text_sha256: str


def take_turn(rows: Transaction, number: int, purpose: str) -> Turn:
    """Take the next turn; to be done before anything is read, so that later turns know more."""
    row = rows.get(StickyCommentRow, (number, purpose), with_for_update=True)
    if row is None:
        row = StickyCommentRow(number=number, purpose=purpose, claimed=0, told=0, text_sha256="")
    row.claimed += 1
    claimed = row.claimed
    rows.merge(row)
    rows.flush()
    return Turn(number, purpose, claimed)


def find_last_said(rows: Transaction, turn: Turn) -> tuple[int, str]:
    """Return the last turn that spoke and the hash of what it said; (0, "") before anything was said."""
    row = rows.get(StickyCommentRow, (turn.number, turn.purpose))
    return (row.told, row.text_sha256) if row else (0, "")


def mark_said(rows: Transaction, turn: Turn, text_sha256: str) -> None:
    """Keep that this turn spoke, unless a later one did."""
    row = rows.get(StickyCommentRow, (turn.number, turn.purpose))
    if row is not None and row.told < turn.sequence:
        row.told, row.text_sha256 = turn.sequence, text_sha256
        rows.merge(row)
        rows.flush()
