"""Copies of a SQLite store while it is in use."""

import sqlite3
from contextlib import closing
from pathlib import Path

from app.errors import BadInputError, StoreError
from app.store.database import Store


def copy_database(store: Store, target: Path) -> None:
    """Write one consistent state of the database to a new file; raises `BadInputError` for a PostgreSQL store."""
    _demand_file(store)
    try:
        with (
            closing(sqlite3.connect(store.path)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise StoreError(f"can't copy {store.place}: {error}") from error


def shrink_database(store: Store) -> None:
    """Give back the space of deleted rows; PostgreSQL does that by itself."""
    if not store.is_file:
        return
    try:
        with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise StoreError(f"can't shrink {store.place}: {error}") from error


def _demand_file(store: Store) -> None:
    if not store.is_file:
        raise BadInputError("a PostgreSQL store is backed up with pg_dump, after the files")
