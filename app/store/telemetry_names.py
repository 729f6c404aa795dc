"""The table of names that telemetry came under before its repository was known by its number; each is somebody's once.

A name belongs to the repository that had it first: who takes over a name doesn't take over what was sent under it.
"""

from sqlalchemy import func
from sqlmodel import Field, col, select

from app.store.columns import Row
from app.store.database import Transaction
from app.store.directory import RepositoryRow, RepositoryState, repository_key
from app.store.inserting import insert_if_new
from app.store.tokens import IngestTokenRow


class TelemetryNameRow(Row, table=True):
    """A row of `telemetry_names`; a name is spelt as it was when telemetry came under it."""

    __tablename__ = "telemetry_names"

    name: str = Field(primary_key=True)
    repository: str = Field(index=True)


def claim_telemetry(rows: Transaction, full_name: str) -> None:
    """Make what is sent under a name of this repository its own for good, unless another had the name before.

    Renaming the repository later changes nothing: tokens go on to file under the name they were made for.
    """
    # GitHub's names are the same however they are capitalised; what people wrote into a token needn't be.
    is_same = func.lower(col(IngestTokenRow.repository)) == full_name.lower()
    tokens = rows.exec(select(IngestTokenRow.repository).where(is_same)).all()
    for name in sorted({full_name, *tokens}):
        insert_if_new(rows, TelemetryNameRow, {"name": name, "repository": rows.repository})


def choose_telemetry_name(rows: Transaction, name: str) -> str:
    """Return what a new token for a repository of that name files under: the name, or the key of who took it over."""
    is_same = func.lower(col(RepositoryRow.full_name)) == name.lower()
    is_there = col(RepositoryRow.state) != RepositoryState.REMOVED.value
    owners = rows.exec(select(RepositoryRow.id).where(is_same, is_there)).all()
    if len(owners) != 1:
        return name
    key = repository_key(owners[0])
    insert_if_new(rows, TelemetryNameRow, {"name": name, "repository": key})
    known = rows.get(TelemetryNameRow, name)
    return name if known is not None and known.repository == key else key


def list_telemetry_names(rows: Transaction) -> tuple[str, ...]:
    """Return the names under which this repository's telemetry came, besides its key."""
    query = select(TelemetryNameRow.name).where(TelemetryNameRow.repository == rows.repository)
    return tuple(rows.exec(query.order_by(col(TelemetryNameRow.name))))
