"""Inserts that leave a row alone which is there already, on both databases."""

from collections.abc import Mapping
from functools import cache

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite

from app.store.columns import Row, table_of
from app.store.database import Transaction


def insert_if_new(rows: Transaction, kind: type[Row], values: Mapping[str, object]) -> bool:
    """Insert a row unless one of the same key is there; whether it was inserted."""
    statement = _make_insert(kind, rows.get_bind().dialect.name)
    done = rows.execute(statement, values, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1  # type: ignore[attr-defined, no-any-return]


@cache
def _make_insert(kind: type[Row], dialect: str) -> Insert:
    if dialect == "postgresql":
        return postgresql.insert(table_of(kind)).on_conflict_do_nothing()
    return sqlite.insert(table_of(kind)).on_conflict_do_nothing()
