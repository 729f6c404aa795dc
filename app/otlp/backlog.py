"""How much accepted telemetry isn't in the statistics yet: looked at now and then, and a reason to refuse more."""

import time
from collections.abc import Callable
from typing import Final

from app.errors import AppError
from app.segments.layout import DataFolder
from app.segments.log import list_segments
from app.store import Store, read_offsets

MAX_BACKLOG_BYTES: Final = 16 * 1024 * 1024 * 1024
"""Bodies on disk that aren't worked off; beyond it senders are told to come back."""

_LOOK_EVERY_S: Final = 1.0


class Backlog:
    """Bytes behind the offsets of the segments, at most a second old."""

    def __init__(
        self,
        folder: DataFolder,
        store: Store,
        *,
        limit_bytes: int = MAX_BACKLOG_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._store = store
        self._limit = limit_bytes
        self._clock = clock
        self._looked_s = float("-inf")
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Bytes that aren't worked off; the last known number while the store can't be read."""
        now_s = self._clock()
        if now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self._look()
        return self._bytes

    @property
    def is_too_long(self) -> bool:
        """Whether nothing more should be taken."""
        return self.bytes > self._limit

    def _look(self) -> None:
        try:
            with self._store.snapshot() as rows:
                offsets = read_offsets(rows)
        except AppError:
            return
        self._bytes = sum(
            max(0, segment.size - offsets.get(segment.name, 0))
            for segment in list_segments(self._folder.segments)
        )
