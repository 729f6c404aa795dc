"""The right to change a repository's code, held by one process at a time; it ends with the process."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Engine, text

from app.errors import StoreBusyError
from app.store.tenancy import LOCAL

_BUSY = "another Flujo is changing this repository; try again when it is done"


def lock_path(database: Path, repository: str) -> Path:
    """Return the file whose lock stands for a repository, beside the database."""
    if repository == LOCAL:
        return database.with_suffix(".lock")
    return database.with_suffix(f".{_hash(repository).hex()}.lock")


@contextmanager
def hold_file(path: Path) -> Iterator[None]:
    """Hold a file's lock; raises `StoreBusyError`."""
    with path.open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusyError(_BUSY) from error
        yield


@contextmanager
def hold_number(engine: Engine, repository: str) -> Iterator[None]:
    """Hold a PostgreSQL advisory lock, whatever machine others are on; raises `StoreBusyError`.

    It ends with its connection, so a connection that is cut off mid-way ends it too early: landing by compare-and-swap
    is what keeps code safe then.
    """
    number = {"number": int.from_bytes(_hash(repository), signed=True)}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), number):
            raise StoreBusyError(_BUSY)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), number)


def _hash(repository: str) -> bytes:
    return blake2b(repository.encode(), digest_size=8).digest()
