"""The tables of whom we work for: installations of the App, and their repositories by GitHub's numeric ids.

A rename or a transfer changes a row; the number, and with it everything that is kept for the repository, stays.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, update
from sqlmodel import Field, col, select

from app.store.columns import Instant, Row
from app.store.database import Transaction


class InstallationState(StrEnum):
    """Whether the App may act for an account."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class RepositoryState(StrEnum):
    """Whether we work on a repository, and if not, why."""

    ACTIVE = "active"
    ONBOARDING = "onboarding"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    ARCHIVED = "archived"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True, slots=True)
class Installation:
    """The App on an account, by GitHub's numeric ids; `account` is the name it had at `updated_at`."""

    id: int
    account_id: int
    account: str
    updated_at: datetime
    state: InstallationState = InstallationState.ACTIVE


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository the App is installed on; `full_name` and `default_branch` are those of `updated_at`.

    `schedule` is a cron expression in the IANA zone `timezone`, None for no sweeps by the clock.
    """

    id: int
    installation_id: int
    full_name: str
    updated_at: datetime
    default_branch: str = ""
    state: RepositoryState = RepositoryState.ACTIVE
    paused_until: datetime | None = None
    schedule: str | None = None
    timezone: str = "UTC"

    @property
    def key(self) -> str:
        """What its rows are kept under."""
        return repository_key(self.id)

    def is_at_work(self, now: datetime) -> bool:
        """Whether anything may be done for it at `now`."""
        paused = self.paused_until is not None and now < self.paused_until
        return self.state is RepositoryState.ACTIVE and not paused


class InstallationRow(Row, table=True):
    """A row of `installations`."""

    __tablename__ = "installations"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    account_id: int = Field(sa_type=BigInteger)
    account: str
    state: str
    updated_at: datetime = Field(sa_type=Instant)


class RepositoryRow(Row, table=True):
    """A row of `repositories`."""

    __tablename__ = "repositories"

    id: int = Field(primary_key=True, sa_type=BigInteger)
    installation_id: int = Field(sa_type=BigInteger, index=True)
    full_name: str = Field(index=True)
    default_branch: str
    state: str
    paused_until: datetime | None = Field(sa_type=Instant)
    schedule: str | None
    timezone: str
    updated_at: datetime = Field(sa_type=Instant)


def repository_key(repository_id: int) -> str:
    """Return what a GitHub repository's rows are kept under: `store.of(repository_key(id))`."""
    return f"github:{repository_id}"


def save_installation(rows: Transaction, installation: Installation) -> None:
    """Insert an installation, or replace the one of the same id."""
    values = {item.name: getattr(installation, item.name) for item in fields(Installation)}
    rows.merge(InstallationRow(**{**values, "state": installation.state.value}))
    rows.flush()


def find_installation(rows: Transaction, installation_id: int) -> Installation | None:
    """Return an installation by GitHub's id."""
    row = rows.get(InstallationRow, installation_id)
    return _to_installation(row) if row else None


def list_installations(rows: Transaction) -> tuple[Installation, ...]:
    """Return all installations, by id."""
    query = select(InstallationRow).order_by(col(InstallationRow.id))
    return tuple(_to_installation(row) for row in rows.exec(query))


def save_repository(rows: Transaction, repository: Repository) -> None:
    """Insert a repository, or replace the one of the same id."""
    values = {item.name: getattr(repository, item.name) for item in fields(Repository)}
    rows.merge(RepositoryRow(**{**values, "state": repository.state.value}))
    rows.flush()


def find_repository(rows: Transaction, repository_id: int) -> Repository | None:
    """Return a repository by GitHub's id."""
    row = rows.get(RepositoryRow, repository_id)
    return _to_repository(row) if row else None


def list_repositories(
    rows: Transaction,
    *,
    installation_id: int | None = None,
    full_name: str | None = None,
    states: Collection[RepositoryState] | None = None,
) -> tuple[Repository, ...]:
    """Return the repositories of an installation, of a name, in any of `states` (None: no limit), by id.

    A name that changed hands may be that of two, until both are read anew.
    """
    query = select(RepositoryRow).order_by(col(RepositoryRow.id))
    if installation_id is not None:
        query = query.where(RepositoryRow.installation_id == installation_id)
    if full_name is not None:
        query = query.where(RepositoryRow.full_name == full_name)
    if states is not None:
        query = query.where(col(RepositoryRow.state).in_([state.value for state in states]))
    return tuple(_to_repository(row) for row in rows.exec(query))


def move_repositories(
    rows: Transaction, installation_id: int, *, old: RepositoryState, new: RepositoryState
) -> None:
    """Move all repositories of an installation that are in one state to another, as suspending it does."""
    of_installation = col(RepositoryRow.installation_id) == installation_id
    statement = update(RepositoryRow).where(of_installation, col(RepositoryRow.state) == old.value)
    rows.execute(statement.values(state=new.value))


def _to_installation(row: InstallationRow) -> Installation:
    return Installation(
        row.id, row.account_id, row.account, row.updated_at, InstallationState(row.state)
    )


def _to_repository(row: RepositoryRow) -> Repository:
    values = {item.name: getattr(row, item.name) for item in fields(Repository)}
    return Repository(**{**values, "state": RepositoryState(row.state)})
