"""Runs work until it is told to stop: a queue, a clock, and a loop that hands over what is due."""

import fcntl
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app.errors import AppError
from app.jobs.advance import Workshop, advance
from app.jobs.clock import RunningClock
from app.jobs.dispatch import dispatch_due, wake_all, wake_lost
from app.jobs.queue import JobQueue
from app.jobs.reconcile import WE_KEEP
from app.jobs.schedules import LOOK_BACK, ask_scheduled

_LOOK_EVERY_S: Final = 0.2
_ASK_EVERY_S: Final = 15
_WAKE_EVERY_S: Final = 30
_PRUNE_EVERY_S: Final = 600
_AFTER_FAILURE_S: Final = 1.0
_LOG: Final = logging.getLogger(__name__)

Stopping = Callable[[float], bool]
"""Waits that many seconds at most, and says whether to stop."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Where the queue keeps what waits: a PostgreSQL database, or a file in `folder`, of one process at a time."""

    folder: Path
    database: str | None = None

    @property
    def url(self) -> str:
        """The address for the queue."""
        return self.database or f"sqlite:///{self.folder / 'jobs.db'}"

    @property
    def executor(self) -> str:
        """The name under which a process finds again what it left: a file's only one, or that of its machine."""
        return socket.gethostname() if self.database else "only"

    @contextmanager
    def hold(self, stopping: Stopping) -> Iterator[bool]:
        """Wait for one's turn with a file; gives False when told to stop before it came."""
        if self.database:
            yield True
            return
        with (self.folder / "jobs.lock").open("wb") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if stopping(_LOOK_EVERY_S):
                        yield False
                        return
                else:
                    break
            yield True


def run_jobs(workshop: Workshop, place: QueuePlace, stopping: Stopping) -> None:
    """Run work until told to stop, and let running turns end; waits while another process does it in this folder."""
    with place.hold(stopping) as is_ours:
        if not is_ours:
            return
        if not place.database:
            wake_all(
                workshop
            )  # who holds the folder is alone: whatever is under way died with somebody
        queue = JobQueue(place.url, lambda *turn: advance(workshop, *turn), executor=place.executor)
        clock = RunningClock(
            {
                _Asking(workshop): _ASK_EVERY_S,
                lambda: wake_lost(workshop, queue): _WAKE_EVERY_S,
                lambda: queue.prune(before=workshop.clock() - WE_KEEP): _PRUNE_EVERY_S,
            }
        )
        try:
            _hand_over(workshop, queue, stopping)
        finally:
            clock.stop()
            queue.close()


def _hand_over(workshop: Workshop, queue: JobQueue, stopping: Stopping) -> None:
    pause_s = _LOOK_EVERY_S
    while not stopping(pause_s):
        pause_s = _LOOK_EVERY_S
        try:
            dispatch_due(workshop, queue)
        except AppError as error:
            _LOG.error("dispatch_failed reason=%s", error)
            pause_s = _AFTER_FAILURE_S


class _Asking:
    """Asks for what the clock brings; each call from where the last good one ended."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._after: datetime = workshop.clock() - LOOK_BACK

    def __call__(self) -> None:
        until = self._workshop.clock()
        ask_scheduled(self._workshop.store, after=self._after, until=until)
        # A little twice, for the clocks of several processes differ; what was asked for is known.
        self._after = until - timedelta(seconds=_ASK_EVERY_S)
