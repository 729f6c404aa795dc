"""Files of OTLP/JSON lines → the log, from where the last time left off.

A file is known by its inode and its first line, so it may grow, be renamed, or be replaced. How far it was taken in is
written into the log with the lines themselves: there is no moment at which one is on disk without the other.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from app.errors import BadInputError, StoreBusyError
from app.segments.blocks import iterate_frames
from app.segments.frames import Frame
from app.segments.layout import DataFolder
from app.segments.log import SegmentWriter, list_segments
from app.segments.texts import frame_texts
from app.store import Store, read_offsets, read_origin
from telemetry import OtlpError
from telemetry.volume import Encoding, check_body, drop_text

_MAX_LINE_BYTES: Final = 32 * 1024 * 1024
_BATCH_BYTES: Final = 4 * 1024 * 1024
_FIRST_LINE_BYTES: Final = 64 * 1024

_Line = tuple[Frame, bytes]
"""What is kept of a line, and the line as it is."""

Report = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


@dataclass(slots=True)
class Taken:
    """What came of a file; `bad_lines` are `file:byte N: reason`."""

    path: Path
    resumed_at: int = 0
    lines: int = 0
    spans: int = 0
    bad_lines: list[str] = field(default_factory=list)


@contextmanager
def take_turns(folder: DataFolder) -> Iterator[None]:
    """Let one process at a time take files in; raises `StoreBusyError`."""
    with (folder.path / "ingest.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreBusyError(
                "another `flujo ingest` is running; try again when it is done"
            ) from None
        yield


def take_file(
    path: Path,
    folder: DataFolder,
    store: Store,
    *,
    repository: str,
    report: Report,
    keep_text: bool = False,
) -> Taken:
    """Append the new whole lines of a file to the log; a line that isn't OTLP is skipped and told of.

    With `keep_text` what people and models wrote goes to the log of texts, before the spans it belongs to. Raises
    `BadInputError` when the file can't be read, `SegmentError` when the log can't be written.
    """
    taken = Taken(path)
    try:
        with (
            path.open("rb") as file,
            SegmentWriter(folder.segments) as writer,
            SegmentWriter(folder.texts) as texts,
        ):
            origin = _identify(file)
            taken.resumed_at = _find_position(origin, folder, store)
            size = path.stat().st_size
            file.seek(taken.resumed_at)
            for batch in _read_batches(file, taken, origin, repository):
                if keep_text:
                    _append_texts(texts, batch)
                writer.append([frame for frame, _ in batch])
                report(batch[-1][0].position, size)
    except OSError as error:
        raise BadInputError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    return taken


def _identify(file: BinaryIO) -> str:
    found = os.fstat(file.fileno())
    first = file.readline(_FIRST_LINE_BYTES).rstrip(b"\r\n")
    return f"{found.st_dev}:{found.st_ino}:{sha256(first).hexdigest()[:32]}"


def _find_position(origin: str, folder: DataFolder, store: Store) -> int:
    with store.snapshot() as rows:
        position = read_origin(rows, origin)
        offsets = read_offsets(rows)
    for segment in list_segments(folder.segments):
        for frame in iterate_frames(segment, offset=offsets.get(segment.name, 0)):
            if frame.origin == origin:
                position = max(position, frame.position)
    return position


def _read_batches(
    file: BinaryIO, taken: Taken, origin: str, repository: str
) -> Iterator[list[_Line]]:
    batch: list[_Line] = []
    size = 0
    for line, kept, end in _read_lines(file, taken):
        frame = Frame(repository, time.time_ns(), Encoding.JSON, kept, origin, end)
        batch.append((frame, line))
        size += len(line)
        if size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read_lines(file: BinaryIO, taken: Taken) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield lines as they are, as they may be kept, and where they end."""
    end = file.tell()
    while line := file.readline(_MAX_LINE_BYTES + 1):
        start, end = end, end + len(line)
        whole = line.endswith(b"\n")
        if len(line) > _MAX_LINE_BYTES and not whole:
            end = _skip_line(file)
            taken.bad_lines.append(f"{taken.path}:byte {start}: a line larger than 32 MiB")
            continue
        if not line.strip():
            continue
        kept = drop_text(line, Encoding.JSON)
        try:
            found = check_body(kept, Encoding.JSON)
        except OtlpError as error:
            if not whole:
                return  # somebody is still writing it
            taken.bad_lines.append(f"{taken.path}:byte {start}: {error.reason}")
            continue
        if found.refused:
            taken.bad_lines.append(
                f"{taken.path}:byte {start}: {found.refused} spans: {found.reason}"
            )
        taken.lines += 1
        taken.spans += found.accepted
        yield line, kept, end


def _append_texts(writer: SegmentWriter, batch: Iterable[_Line]) -> None:
    told = (frame_texts(replace(frame, body=line)) for frame, line in batch)
    texts = [frame for frame in told if frame is not None]
    if texts:
        writer.append(texts)


def _skip_line(file: BinaryIO) -> int:
    while part := file.readline(_MAX_LINE_BYTES):
        if part.endswith(b"\n"):
            break
    return file.tell()
