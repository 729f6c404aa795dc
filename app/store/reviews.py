"""The table of the pull requests we said something about by a check, and of which of their commits."""

from dataclasses import dataclass

from sqlalchemy import BigInteger
from sqlmodel import Field, col, select

from app.store.columns import OwnRow
from app.store.database import Transaction


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """The last check on a pull request: on which commit, and the hash of what it said."""

    number: int
    head_commit: str
    told_sha256: str


class ReviewRow(OwnRow, table=True):
    """A row of `reviews`."""

    __tablename__ = "reviews"

    number: int = Field(primary_key=True, sa_type=BigInteger)
    head_commit: str = Field(index=True)
    told_sha256: str


def keep_review(rows: Transaction, review: ReviewRecord) -> None:
    """Keep what was said last about a pull request."""
    rows.merge(
        ReviewRow(
            number=review.number, head_commit=review.head_commit, told_sha256=review.told_sha256
        )
    )
    rows.flush()


def find_review(rows: Transaction, number: int) -> ReviewRecord | None:
    """Return what was said last about a pull request."""
    row = rows.get(ReviewRow, number)
    return _to_record(row) if row else None


def list_reviews_of(rows: Transaction, head_commit: str) -> tuple[ReviewRecord, ...]:
    """Return the pull requests whose last check is on this commit, by number."""
    query = select(ReviewRow).where(col(ReviewRow.head_commit) == head_commit)
    return tuple(_to_record(row) for row in rows.exec(query.order_by(col(ReviewRow.number))))


def _to_record(row: ReviewRow) -> ReviewRecord:
    return ReviewRecord(row.number, row.head_commit, row.told_sha256)
