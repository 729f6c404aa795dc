"""The table of dashboard issues, one a repository: which issue it is, and what we last wrote into it."""

from dataclasses import dataclass, fields

from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, select

from app.store.columns import OwnRow
from app.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The dashboard issue; `number` is 0 until GitHub has given one.

    `actions` are the ids of the boxes it offers; `wanted` are proposals that people asked to have offered at once, for
    all limits. It `is_held` while it has the label that stops everything, and `is_left_alone` once people closed it:
    then nothing is written into it.
    """

    number: int = 0
    body_sha256: str = ""
    actions: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    is_held: bool = False
    is_left_alone: bool = False


class DashboardRow(OwnRow, table=True):
    """A row of `dashboards`."""

    __tablename__ = "dashboards"

    number: int = Field(sa_type=BigInteger)
    body_sha256: str
    actions: list[str] = Field(sa_type=JSON)
    wanted: list[str] = Field(sa_type=JSON)
    is_held: bool
    is_left_alone: bool


def save_dashboard(rows: Transaction, dashboard: Dashboard) -> None:
    """Insert the repository's dashboard, or replace it."""
    values = {item.name: getattr(dashboard, item.name) for item in fields(Dashboard)}
    lists = {"actions": list(dashboard.actions), "wanted": list(dashboard.wanted)}
    rows.merge(DashboardRow(**{**values, **lists}))
    rows.flush()


def find_dashboard(rows: Transaction) -> Dashboard | None:
    """Return the repository's dashboard; None when there never was one."""
    row = rows.exec(select(DashboardRow)).first()
    if row is None:
        return None
    values = {item.name: getattr(row, item.name) for item in fields(Dashboard)}
    return Dashboard(**{**values, "actions": tuple(row.actions), "wanted": tuple(row.wanted)})
