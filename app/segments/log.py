"""The log of accepted bodies: a folder of segment files that only grow. What is on it counts, sooner or later.

Every writer begins a segment of its own and holds a lock on it, so several processes may append at once, and none ever
writes behind the torn tail that a process left when it died. A segment that nobody holds is closed.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from app.errors import SegmentError
from app.segments.frames import Frame, encode_frame, frame_bytes, read_frames

SEGMENT_BYTES: Final = 64 * 1024 * 1024
"""A segment is closed when it is this large, or this old:"""

SEGMENT_S: Final = 3600

_SUFFIX: Final = ".seg"
_READ_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment file; names sort by the moment they were begun."""

    path: Path

    @property
    def name(self) -> str:
        """What the store calls it."""
        return self.path.name

    @property
    def size(self) -> int:
        """Bytes in it now; 0 once it is gone."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def read(self, offset: int, *, limit: int = _READ_BYTES) -> Iterator[tuple[Frame, int]]:
        """Yield whole frames from `offset`, each with the offset behind it, about `limit` bytes of them.

        Raises `SegmentError` when the file can't be read.
        """
        try:
            with self.path.open("rb") as file:
                content = os.pread(file.fileno(), limit, offset)
                needed = frame_bytes(content)
                if needed > len(content):
                    content = os.pread(file.fileno(), needed, offset)
        except OSError as error:
            raise SegmentError(f"{self.path}: {error.strerror}") from error
        for frame, end in read_frames(memoryview(content)):
            yield frame, offset + end


def list_segments(folder: Path) -> list[Segment]:
    """Return the segments of a log, oldest first."""
    return [Segment(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


def is_held(segment: Segment) -> bool:
    """Whether a writer may still append to a segment; raises `SegmentError` when it can't be told."""
    if not segment.size:
        return True  # just begun: its writer may not have locked it yet
    try:
        with segment.path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    except OSError as error:
        raise SegmentError(f"{segment.path}: {error.strerror}") from error
    return False


class SegmentWriter:
    """Appends frames; what `append` returned for is on disk. For one thread at a time."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._limit = segment_bytes
        self._file = -1
        self._size = 0
        self._begun_s = 0.0

    def __enter__(self) -> "SegmentWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, frames: Sequence[Frame]) -> int:
        """Write frames and wait until the disk has them; returns the bytes written.

        Raises `SegmentError` when it can't, and leaves none of them.
        """
        parts = [part for frame in frames for part in encode_frame(frame)]
        try:
            if self._file < 0 or self._size >= self._limit or self._is_old:
                self._begin()
            written = self._write(parts)
            os.fdatasync(self._file)
        except OSError as error:
            self._forget_tail()
            raise SegmentError(f"{self._folder}: {error.strerror}") from error
        self._size += written
        return written

    def close(self) -> None:
        """Let go of the segment; it is closed for good."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @property
    def _is_old(self) -> bool:
        return time.monotonic() - self._begun_s > SEGMENT_S

    def _begin(self) -> None:
        self.close()
        self._begun_s = time.monotonic()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns():020d}-{os.getpid()}{_SUFFIX}"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)
        fcntl.flock(file, fcntl.LOCK_EX)
        self._file, self._size = file, 0
        _sync_folder(self._folder)

    def _write(self, parts: list[bytes]) -> int:
        views = [memoryview(part) for part in parts]
        total = 0
        while views:
            written = os.writev(self._file, views[: os.sysconf("SC_IOV_MAX")])
            total += written
            while views and written >= len(views[0]):
                written -= len(views.pop(0))
            if written:
                views[0] = views[0][written:]
        return total

    def _forget_tail(self) -> None:
        """Cut what a failed write left, and let go of the segment: a reader may already be past its good end."""
        if self._file < 0:
            return
        with suppress(OSError):  # whoever reads the segment cuts it then
            os.ftruncate(self._file, self._size)
        self.close()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
