"""Brings a database to the schema of this version, revision by revision, inside one transaction."""

from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, inspect, text

from app.errors import StoreError

REVISIONS: Final = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
)
"""All revisions, oldest first. What is newer than the last one was written by a newer Flujo."""

SCHEMA_VERSION: Final = len(REVISIONS)

_ALEMBIC_TABLE: Final = "alembic_version"
_LOCK_NUMBER: Final = 7_055_801
"""Any number, the same for all: whoever changes a PostgreSQL schema holds this lock."""


def prepare_schema(connection: Connection, place: str) -> None:
    """Create or upgrade the tables; raises `StoreError` for a database that isn't ours or is newer."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))
    found = _find_revision(connection, place)
    if found == REVISIONS[-1]:
        return
    if found and found not in REVISIONS:
        raise StoreError(
            f"{place} was written by a newer Flujo (schema {found}, this one knows"
            f" {REVISIONS[-1]}); upgrade flujo-app"
        )
    _upgrade(connection, found)


def _find_revision(connection: Connection, place: str) -> str:
    tables = set(inspect(connection).get_table_names())
    numbered = _read_number(connection)
    if numbered > SCHEMA_VERSION:
        return f"{numbered:04d}"
    if _ALEMBIC_TABLE in tables:
        return str(connection.execute(text(f"SELECT version_num FROM {_ALEMBIC_TABLE}")).scalar())  # noqa: S608
    if numbered:
        return REVISIONS[numbered - 1]
    if tables:
        raise StoreError(f"{place} is a database of some other program; move it away")
    return ""


def _upgrade(connection: Connection, found: str) -> None:
    # Alembic is imported only where there is something to do: it costs a command more than the database does.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("app.store") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    if found:
        command.stamp(config, found)
    command.upgrade(config, "head")
    _write_number(connection)


def _read_number(connection: Connection) -> int:
    """Return the number that SQLite files carry in their header, 0 elsewhere; the first versions had only that."""
    if connection.dialect.name != "sqlite":
        return 0
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def _write_number(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
