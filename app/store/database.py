"""One database: a SQLite file beside what it is about, or PostgreSQL by its URL. Opening, transactions, the lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final, Self

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.errors import StoreBusyError, StoreError
from app.store.locks import hold_file, hold_number, lock_path
from app.store.schema import SCHEMA_VERSION, prepare_schema
from app.store.tenancy import LOCAL, Transaction

__all__ = ["SCHEMA_VERSION", "Store", "Transaction", "open_store"]

_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # the journal must be on disk before the effect it announces
    "PRAGMA foreign_keys = ON",
)
_READS_ONLY = "flujo_reads_only"
_MAP = "PRAGMA mmap_size = 134217728"
"""Long reads spare the copying of the first 128 MiB; the journal is mapped anyway, so there is no new way to fail."""


def _dump_json(value: object) -> str:
    return orjson.dumps(value).decode()


_JSON: Final[dict[str, Any]] = {"json_serializer": _dump_json, "json_deserializer": orjson.loads}
"""How JSON columns are written: a roll-up of a thousand steps writes three thousand of them."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open database, seen as one repository; connections live as long as their transaction.

    Locks lie beside `path`.
    """

    path: Path
    _engine: Engine = field(repr=False)
    _place: str = field(repr=False, default="")
    repository: str = LOCAL

    def of(self, repository: str) -> Self:
        """Return the same database as another repository sees it."""
        return replace(self, repository=repository)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit what happens inside, all or nothing; keep it short, writers wait for each other.

        Raises `StoreError` when the database can't do it.
        """
        try:
            with Transaction(self._engine, repository=self.repository) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise _translate(error, self.place) from error

    @contextmanager
    def snapshot(self) -> Iterator[Transaction]:
        """Read one state of everything, waiting for no writer; raises `StoreError` when the database can't do it."""
        reading = self._engine.execution_options(**{_READS_ONLY: True})
        try:
            with Transaction(reading, repository=self.repository) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise _translate(error, self.place) from error

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the right to change this repository's code; the system takes it from a process that dies.

        Raises `StoreBusyError` when somebody else holds it.
        """
        if self.is_file:
            with hold_file(lock_path(self.path, self.repository)):
                yield
        else:
            try:
                with hold_number(self._engine, self.repository):
                    yield
            except SQLAlchemyError as error:
                raise _translate(error, self.place) from error

    def close(self) -> None:
        """Let go of the connections that are kept to a PostgreSQL server; a file has none between transactions."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, as it may be shown: without a password."""
        return self._place or str(self.path)

    @property
    def is_file(self) -> bool:
        """Whether it is a SQLite file of our own."""
        return self._engine.dialect.name == "sqlite"


def open_store(path: Path, *, url: str | None = None) -> Store:
    """Open the database at `path`, made if there is none, or the PostgreSQL database at `url`; raises `StoreError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"can't make the folder {path.parent}: {error.strerror}") from error
    engine = _connect(path, url)
    place = engine.url.render_as_string(hide_password=True) if url else str(path)
    try:
        with engine.begin() as connection:
            prepare_schema(connection, place)
    except SQLAlchemyError as error:
        raise _translate(error, place) from error
    return Store(path, engine, place)


def _connect(path: Path, url: str | None) -> Engine:
    if url is None:
        engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, **_JSON)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return engine
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgresql", "postgres"}:
        raise StoreError("a database is given as postgresql://user:password@host/name")
    try:
        return create_engine(
            f"postgresql+psycopg://{rest}", pool_size=2, pool_pre_ping=True, **_JSON
        )
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError(f"can't use this database: {type(error).__name__}") from error


def _configure(connection: SqliteConnection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not guessed by sqlite3
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # A transaction that starts as a reader can't always become a writer; ours are short and may wait.
    reads_only = connection.get_execution_options().get(_READS_ONLY)
    if reads_only:
        connection.exec_driver_sql(_MAP).close()
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _translate(error: SQLAlchemyError, place: str) -> StoreError:
    cause = getattr(error, "orig", None) or error
    reason = str(cause).splitlines()[0]
    if "database is locked" in reason:
        return StoreBusyError(f"{place} is locked by another process; try again")
    return StoreError(f"{place}: {reason}")
