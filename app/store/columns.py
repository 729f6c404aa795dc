"""How our values lie in SQLite: instants as sortable text in UTC, the rest as SQLModel does it."""

from datetime import UTC, datetime

from sqlalchemy import Dialect, MetaData, String, Table
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Instant(TypeDecorator[datetime]):
    """An aware datetime as ISO 8601 in UTC with microseconds, so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class Row(SQLModel, registry=registry(metadata=MetaData())):
    """What all tables of this store derive from; other SQLModel tables in the process stay out of it."""


class OwnRow(Row):
    """What the tables of a repository's own rows derive from; `repository` fills itself."""

    repository: str = Field(default="", primary_key=True)


def table_of(row: type[Row]) -> Table:
    """Return the plain table of a row class, for statements over many rows.

    Raises `TypeError` for own rows: a plain statement would reach those of other repositories.
    """
    if issubclass(row, OwnRow):
        raise TypeError(f"{row.__name__} is read and written through its class only")
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table
