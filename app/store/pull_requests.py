"""The table of our pull requests: which proposal each offers, what we pushed, and how it ended.

Rows are written before what they announce: a branch at `head_commit` is ours even if the answer to our push was lost.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger
from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import to_proposal


class Ending(StrEnum):
    """How a pull request ended; all but the first two are closed by us."""

    MERGED = "merged"
    CLOSED = "closed"
    STALE = "stale"
    OVERTAKEN = "overtaken"
    OUTDATED = "outdated"
    ALREADY_THERE = "already there"
    NOT_WORTH_IT = "not worth it"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class PullRequestRecord:
    """A pull request of ours; `number` is 0 until GitHub has given one.

    `head_commit` is what we pushed, or are about to, on top of `base_commit`, and makes the spec what
    `spec_sha256_after` says; `previous_head` is where the branch may still be. `ending` without `ended_at` announces
    that we close it. Nothing of one that `is_left_alone` is changed.
    """

    proposal_id: str
    branch: str
    base_branch: str
    base_commit: str
    head_commit: str
    spec_sha256_after: str
    opened_at: datetime
    number: int = 0
    previous_head: str = ""
    rebased_at: datetime | None = None
    body_sha256: str = ""
    is_dressed: bool = False
    is_left_alone: bool = False
    ending: Ending | None = None
    ending_reason: str = ""
    ended_at: datetime | None = None
    decided_by: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is open, or about to be."""
        return self.ended_at is None


class PullRequestRow(OwnRow, table=True):
    """A row of `pull_requests`."""

    __tablename__ = "pull_requests"
    __table_args__ = (to_proposal(),)

    proposal_id: str = Field(primary_key=True)
    branch: str
    base_branch: str
    base_commit: str
    head_commit: str
    spec_sha256_after: str
    opened_at: datetime = Field(sa_type=Instant)
    number: int = Field(sa_type=BigInteger, index=True)
    previous_head: str
    rebased_at: datetime | None = Field(sa_type=Instant)
    body_sha256: str
    is_dressed: bool
    is_left_alone: bool
    ending: str | None
    ending_reason: str
    ended_at: datetime | None = Field(sa_type=Instant)
    decided_by: int = Field(sa_type=BigInteger)


def save_pull_request(rows: Transaction, pull_request: PullRequestRecord) -> None:
    """Insert a pull request, or replace the one of the same proposal."""
    values = {item.name: getattr(pull_request, item.name) for item in fields(PullRequestRecord)}
    ending = pull_request.ending
    rows.merge(PullRequestRow(**{**values, "ending": ending.value if ending else None}))
    rows.flush()


def forget_pull_request(rows: Transaction, proposal_id: str) -> None:
    """Drop a pull request that never came to be."""
    row = rows.get(PullRequestRow, proposal_id)
    if row is not None:
        rows.delete(row)
        rows.flush()


def find_pull_request(rows: Transaction, proposal_id: str) -> PullRequestRecord | None:
    """Return the pull request that offers a proposal."""
    row = rows.get(PullRequestRow, proposal_id)
    return _to_record(row) if row else None


def find_pull_request_numbered(rows: Transaction, number: int) -> PullRequestRecord | None:
    """Return our pull request of that number, None for anybody else's."""
    if number <= 0:
        return None
    row = rows.exec(select(PullRequestRow).where(col(PullRequestRow.number) == number)).first()
    return _to_record(row) if row else None


def list_pull_requests(rows: Transaction) -> tuple[PullRequestRecord, ...]:
    """Return all pull requests of ours, the oldest first."""
    order = (col(PullRequestRow.opened_at), col(PullRequestRow.proposal_id))
    return tuple(_to_record(row) for row in rows.exec(select(PullRequestRow).order_by(*order)))


def _to_record(row: PullRequestRow) -> PullRequestRecord:
    values = {item.name: getattr(row, item.name) for item in fields(PullRequestRecord)}
    return PullRequestRecord(**{**values, "ending": Ending(row.ending) if row.ending else None})
