"""The table of applications: which commit applied a proposal, and which one took it back."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlmodel import Field, col, select

from app.errors import BadInputError
from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import to_proposal


@dataclass(frozen=True, slots=True)
class Application:
    """A commit of ours on the default branch; `reverted_*` are empty while it stands."""

    proposal_id: str
    commit: str
    path: str
    blob_before: str
    blob_after: str
    spec_sha256_before: str
    spec_sha256_after: str
    applied_at: datetime
    reverted_commit: str = ""
    reverted_at: datetime | None = None
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether it hasn't been taken back."""
        return not self.reverted_commit


class ApplicationRow(OwnRow, table=True):
    """A row of `applications`."""

    __tablename__ = "applications"
    __table_args__ = (to_proposal(),)

    proposal_id: str = Field(primary_key=True)
    commit: str
    path: str
    blob_before: str
    blob_after: str
    spec_sha256_before: str
    spec_sha256_after: str
    applied_at: datetime = Field(sa_type=Instant, index=True)
    reverted_commit: str
    reverted_at: datetime | None = Field(sa_type=Instant)
    reason: str


def save_application(rows: Transaction, application: Application) -> None:
    """Insert an application, or replace the one of the same proposal."""
    rows.merge(ApplicationRow(**{name: getattr(application, name) for name in _NAMES}))
    rows.flush()


def find_application(rows: Transaction, proposal_id: str) -> Application | None:
    """Return what was applied for a proposal."""
    row = rows.get(ApplicationRow, proposal_id)
    return _to_record(row) if row else None


def list_applications(
    rows: Transaction, *, since: datetime | None = None
) -> tuple[Application, ...]:
    """Return applications made at `since` or later (None: all), oldest first."""
    order = (col(ApplicationRow.applied_at), col(ApplicationRow.proposal_id))
    query = select(ApplicationRow).order_by(*order)
    if since is not None:
        query = query.where(col(ApplicationRow.applied_at) >= since)
    return tuple(_to_record(row) for row in rows.exec(query))


def mark_reverted(
    rows: Transaction, proposal_id: str, *, commit: str, reason: str, at: datetime
) -> Application:
    """Note the commit that took an application back; raises `BadInputError` when there is none."""
    row = rows.get(ApplicationRow, proposal_id)
    if row is None:
        raise BadInputError(f"proposal {proposal_id!r} was never applied")
    row.reverted_commit, row.reverted_at, row.reason = commit, at, reason
    rows.add(row)
    return _to_record(row)


_NAMES = tuple(field.name for field in fields(Application))


def _to_record(row: ApplicationRow) -> Application:
    return Application(**{name: getattr(row, name) for name in _NAMES})
