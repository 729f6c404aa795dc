"""One SQLite database beside the repository: opening it, transactions, and the lock of whoever changes code."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlmodel import Session

from app.errors import StoreBusyError, StoreError
from app.store.columns import Row

SCHEMA_VERSION = 1
_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # the journal must be on disk before the effect it announces
    "PRAGMA foreign_keys = ON",
)

Transaction = Session


@dataclass(frozen=True, slots=True)
class Store:
    """An open database; connections live as long as their transaction."""

    path: Path
    _engine: Engine = field(repr=False)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Commit what happens inside, all or nothing; keep it short, writers wait for each other.

        Raises `StoreError` when the database can't do it.
        """
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise _translate(error, self.path) from error

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Hold the right to change code; the system takes it from a process that dies.

        Raises `StoreBusyError` when somebody else holds it.
        """
        with self.path.with_suffix(".lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StoreBusyError(
                    "another Flujo is changing this repository; try again when it is done"
                ) from error
            yield


def open_store(path: Path) -> Store:
    """Open the database at `path`, made if there is none; raises `StoreError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"can't make the folder {path.parent}: {error.strerror}") from error
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            _prepare_schema(connection, path)
    except SQLAlchemyError as error:
        raise _translate(error, path) from error
    return Store(path, engine)


def _configure(connection: SqliteConnection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not guessed by sqlite3
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # A transaction that starts as a reader can't always become a writer; ours are short and may wait.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_schema(connection: Connection, path: Path) -> None:
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer Flujo (schema {version}, this one knows"
            f" {SCHEMA_VERSION}); upgrade flujo-app"
        )
    if version == SCHEMA_VERSION:
        return
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one():
        raise StoreError(f"{path} is a database of some other program; move it away")
    Row.metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _translate(error: SQLAlchemyError, path: Path) -> StoreError:
    cause = getattr(error, "orig", None) or error
    reason = str(cause).splitlines()[0]
    if "database is locked" in reason:
        return StoreBusyError(f"{path} is locked by another process; try again")
    return StoreError(f"{path}: {reason}")
