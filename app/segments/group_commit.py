"""One thread that writes what many requests bring: all that waits goes to the disk together, with one fsync."""

import threading
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from app.errors import SegmentError
from app.segments.frames import Frame
from app.segments.log import SegmentWriter

MAX_PENDING_BYTES: Final = 64 * 1024 * 1024
"""Bodies that may wait for the disk; whoever comes then is told to come back."""

_FAILING_S: Final = 10.0


class GroupCommit:
    """A bounded queue in front of a segment writer; a future that is done means: it is on disk."""

    def __init__(self, folder: Path, *, max_pending_bytes: int = MAX_PENDING_BYTES) -> None:
        self._writer = SegmentWriter(folder)
        self._limit = max_pending_bytes
        self._queue: deque[tuple[Frame, Future[None]]] = deque()
        self._changed = threading.Condition()
        self._pending_bytes = 0
        self._closed = False
        self._failed_s = float("-inf")
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    @property
    def pending_bytes(self) -> int:
        """Bytes that wait for the disk now."""
        return self._pending_bytes

    @property
    def is_failing(self) -> bool:
        """Whether the disk refused something within the last seconds; who asks later tries again."""
        return time.monotonic() - self._failed_s < _FAILING_S

    def submit(self, frame: Frame) -> "Future[None] | None":
        """Queue a frame; returns None when the queue is full. The future fails with `SegmentError`.

        Raises `SegmentError` once it is closed.
        """
        with self._changed:
            if self._closed:
                raise SegmentError("the log is closed")
            if self._pending_bytes and self._pending_bytes + len(frame.body) > self._limit:
                return None
            done: Future[None] = Future()
            self._queue.append((frame, done))
            self._pending_bytes += len(frame.body)
            self._changed.notify()
        return done

    def close(self) -> None:
        """Write what is queued, and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
        self._writer.close()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if not self._queue:
                    return
                taken = list(self._queue)
                self._queue.clear()
            self._write(taken)

    def _write(self, taken: list[tuple[Frame, "Future[None]"]]) -> None:
        failure: Exception | None = None
        try:
            self._writer.append([frame for frame, _ in taken])
        except Exception as error:  # whatever it is, those who wait must hear of it
            failure = error
            self._failed_s = time.monotonic()
        with self._changed:
            self._pending_bytes -= sum(len(frame.body) for frame, _ in taken)
        for _, done in taken:
            if not done.set_running_or_notify_cancel():
                continue
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)
