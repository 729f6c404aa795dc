"""Keeps repositories apart: a transaction belongs to one, and sees and writes that one's rows only.

It isn't the table modules that filter, but the transaction: a query that forgets whose rows it wants can't be written.
"""

from functools import cached_property
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, event, inspect
from sqlalchemy.orm import (
    LoaderCriteriaOption,
    ORMExecuteState,
    UOWTransaction,
    with_loader_criteria,
)
from sqlmodel import Session, col

from app.errors import StoreError
from app.store.columns import OwnRow, Row

_Row = TypeVar("_Row", bound=Row)

LOCAL: Final = "local"
"""The repository of whoever has only one: the folder the command line works on."""


class Transaction(Session):
    """A transaction that carries its repository: keys are completed by it, and rows of others don't exist."""

    def __init__(self, engine: Engine, *, repository: str) -> None:
        super().__init__(engine)
        self.repository = repository

    @cached_property
    def own_rows_only(self) -> tuple[LoaderCriteriaOption, ...]:
        """What every statement is narrowed by."""
        return tuple(
            with_loader_criteria(kind, col(kind.repository) == self.repository)
            for kind in OwnRow.__subclasses__()
        )

    def get(self, entity: type[_Row], ident: Any, **options: Any) -> _Row | None:  # type: ignore[override]
        """Return the row of a key, which for own rows is written without the repository."""
        if issubclass(entity, OwnRow):
            ident = self._complete(entity, ident)
        return super().get(entity, ident, **options)

    def merge(self, instance: _Row, **options: Any) -> _Row:  # type: ignore[override]
        """Insert a row, or replace the own one of the same key."""
        self.claim(instance)
        return super().merge(instance, **options)

    def claim(self, row: object) -> None:
        """Make a new row this repository's; raises `StoreError` for somebody else's."""
        if not isinstance(row, OwnRow):
            return
        if not row.repository:
            row.repository = self.repository
        if row.repository != self.repository:
            raise StoreError(f"a row of {row.repository!r} can't be written by {self.repository!r}")

    def _complete(self, kind: type[OwnRow], ident: Any) -> Any:
        rest = ident if isinstance(ident, tuple) else (ident,)
        width = len(inspect(kind).primary_key)
        return (self.repository, *rest) if len(rest) == width - 1 else ident


@event.listens_for(Transaction, "do_orm_execute")
def _see_own_rows_only(state: ORMExecuteState) -> None:
    rows = state.session
    assert isinstance(rows, Transaction)
    if state.is_orm_statement:  # plain tables are handed out only where rows aren't anybody's own
        state.statement = state.statement.options(*rows.own_rows_only)


@event.listens_for(Transaction, "before_flush")
def _write_own_rows_only(rows: Transaction, _: UOWTransaction, __: object) -> None:
    for row in (*rows.new, *rows.dirty, *rows.deleted):
        rows.claim(row)
