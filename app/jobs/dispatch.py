"""Hands work that is due to the queue, and takes back what the queue lost."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

from app.jobs.advance import LOST_AFTER, Workshop
from app.store import WorkItem, has_due, queue_due, wake_stalled

_EACH: Final = 20
"""Turns that wait or run for one installation at a time; the rest waits in its rows."""

_LOG: Final = logging.getLogger(__name__)


class Queue(Protocol):
    """Who runs turns."""

    def push(self, items: Iterable[WorkItem]) -> None:
        """Take turns to be run, one at a time for each installation; a turn it has already changes nothing."""

    def cancel(self, turns: Iterable[tuple[int, int]]) -> None:
        """Forget turns, by (id, turn)."""


def dispatch_due(workshop: Workshop, queue: Queue) -> int:
    """Queue what is due now; returns how much it was.

    A process that dies in between leaves rows whose turn is lost, which `wake_lost` finds.
    """
    now, kinds = workshop.clock(), tuple(workshop.handlers)
    with (
        workshop.store.snapshot() as rows
    ):  # most looks find nothing, and a reader stands in nobody's way
        if not has_due(rows, kinds, now=now):
            return 0
    with workshop.store.transaction() as rows:
        items = queue_due(rows, kinds, now=now, stalled_at=now + LOST_AFTER, each=_EACH)
    queue.push(items)
    return len(items)


def wake_lost(workshop: Workshop, queue: Queue) -> int:
    """Let work wait again whose turn was lost; returns how much it was."""
    now = workshop.clock()
    lost = _wake(workshop, now=now, stalled_before=now)
    queue.cancel(lost)
    return len(lost)


def wake_all(workshop: Workshop) -> int:
    """Let all work wait again that was under way; for whoever knows that nobody is at it. Returns how much it was."""
    now = workshop.clock()
    return len(_wake(workshop, now=now, stalled_before=now + 2 * LOST_AFTER))


def _wake(
    workshop: Workshop, *, now: datetime, stalled_before: datetime
) -> tuple[tuple[int, int], ...]:
    with workshop.store.transaction() as rows:
        lost = wake_stalled(rows, now=now, stalled_before=stalled_before)
    if lost:
        _LOG.warning("turns_lost count=%s", len(lost))
    return lost
