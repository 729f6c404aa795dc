"""Paused runs on disk: one file a pause, whole or not at all, for its owner's eyes only."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import BadInputError
from workflow import PausedRun, PausedRunError, read_paused_run, write_paused_run

_MAX_BYTES = 256 * 1024 * 1024
_OWNER_ONLY = 0o600


def keep_paused_run(folder: Path, paused: PausedRun) -> Path:
    """Write a run that waits to a file of its own; every pause of a run has another name."""
    path = folder / f"{paused.run_id}-{len(paused.steps)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(path, write_paused_run(paused))
    except OSError as error:
        raise BadInputError(f"{folder}: {error.strerror}") from None
    return path


@contextmanager
def take_paused_run(path: Path) -> Iterator[PausedRun]:
    """Give a paused run to go on with, and remove its file at the end, unless that is an exception.

    Whoever has it, has it alone: raises `BadInputError` while another process goes on with it, when it went on before,
    and when the file isn't a paused run.
    """
    with _open(path) as file:
        paused = _read(file, path)
        yield paused
        path.unlink(missing_ok=True)


def _open(path: Path) -> BinaryIO:
    try:
        return open(path, "rb", opener=_open_at_once)
    except FileNotFoundError:
        raise _gone(path) from None
    except OSError as error:
        raise BadInputError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting for whoever may write to it: it might be a pipe."""
    return os.open(path, flags | os.O_NONBLOCK)


def _read(file: BinaryIO, path: Path) -> PausedRun:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadInputError(f"{path}: another process goes on with this run") from None
    told = os.fstat(file.fileno())
    if told.st_nlink == 0:
        raise _gone(path)
    if told.st_size > _MAX_BYTES:
        raise BadInputError(f"{path}: larger than 256 MiB; is it the right file?")
    try:
        return read_paused_run(file.read())
    except PausedRunError as error:
        raise BadInputError(f"{path}: {error}") from None


def _gone(path: Path) -> BadInputError:
    return BadInputError(f"{path}: no such file; a run that has gone on leaves none")


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
