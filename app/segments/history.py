"""The Parquet files of a history, on disk or wherever fsspec reaches: `HISTORY/date=2026-01-31/SEGMENT.parquet`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from app.errors import SegmentError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One file, and the day its segment was begun."""

    filesystem: "AbstractFileSystem"
    path: str
    day: date

    @property
    def size(self) -> int:
        """Bytes in it."""
        return int(self.filesystem.size(self.path))

    def delete(self) -> None:
        """Delete it."""
        self.filesystem.rm_file(self.path)


def list_history(place: str, *, before: date | None = None) -> Iterator[HistoryFile]:
    """Yield the files of a history, those of days before `before`; raises `SegmentError` when it can't be reached."""
    import fsspec  # only where there is a history to look at

    try:
        filesystem, root = fsspec.core.url_to_fs(place)
        found = sorted(filesystem.glob(f"{root.rstrip('/')}/date=*/*.parquet"))
    except (OSError, ValueError, ImportError) as error:
        raise SegmentError(f"can't read {place}: {error}") from error
    for path in found:
        day = date.fromisoformat(path.rpartition("/")[0].rpartition("date=")[2])
        if before is None or day < before:
            yield HistoryFile(filesystem, path, day)
