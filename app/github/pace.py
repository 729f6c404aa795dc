"""One writer at a time, and a second between two writes, as GitHub asks of whoever writes by program.

See https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """The order of writes in one installation; `monotonic` and `sleep` are in seconds."""

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        interval_s: float = 1.0,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._last_s: float | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until it's our turn to write; the next one waits from the end of this write on."""
        with self._lock:
            if self._last_s is not None:
                wait_s = self._last_s + self._interval_s - self._monotonic()
                if wait_s > 0:
                    self._sleep(wait_s)
            try:
                yield
            finally:
                self._last_s = self._monotonic()
