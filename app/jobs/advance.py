"""One turn of one piece of work: begun in its row, made by its handler, ended in its row, told in one line of log."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.errors import AppError
from app.jobs.handlers import Context, Handlers
from app.store import Store, WorkItem, finish_work, park_work, put_back, start_work

MAX_ATTEMPTS: Final = 8
"""Failures in a row after which work is parked: about 20 minutes of trying."""

LOST_AFTER: Final = timedelta(minutes=15)
"""How long a turn may take until it is taken for lost."""

_FIRST_WAIT_S: Final = 10
_LONGEST_WAIT_S: Final = 3600
_LOG: Final = logging.getLogger(__name__)

Clock = Callable[[], datetime]
"""Tells the time, in UTC."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What turns are made with."""

    store: Store
    handlers: Handlers
    clock: Clock


def advance(workshop: Workshop, work_id: int, turn: int) -> None:
    """Make a turn, or nothing when another turn has come; never raises for what a handler does."""
    now = workshop.clock()
    with workshop.store.transaction() as rows:
        item = start_work(rows, work_id, turn, now=now, stalled_at=now + LOST_AFTER)
    if item is None:
        return
    context = Context(workshop.store.of(item.work.repository), item.work.installation_id, now)
    try:
        later = workshop.handlers[item.work.kind](context, item.work.key)
    except Exception as error:
        _fail(workshop, item, error)
        return
    ended_at = workshop.clock()
    with workshop.store.transaction() as rows:
        if later is None:
            finish_work(rows, item, now=ended_at)
        else:
            put_back(rows, item, not_before=later.not_before, now=ended_at)
    _tell("job_done" if later is None else "job_put_off", item)


def choose_wait(attempts: int) -> timedelta:
    """Return how long to wait after so many failures in a row: 10 s, and twice as long each time, up to an hour."""
    return timedelta(seconds=min(_FIRST_WAIT_S * 2 ** (attempts - 1), _LONGEST_WAIT_S))


def _fail(workshop: Workshop, item: WorkItem, error: Exception) -> None:
    now, attempts, kind = workshop.clock(), item.attempts + 1, type(error).__name__
    with workshop.store.transaction() as rows:
        if attempts >= MAX_ATTEMPTS:
            park_work(rows, item, now=now, attempts=attempts, error_kind=kind)
        else:
            again = now + choose_wait(attempts)
            put_back(rows, item, not_before=again, now=now, attempts=attempts, error_kind=kind)
    # What is no error of ours is a defect, and its traceback is wanted.
    defect = None if isinstance(error, AppError) else error
    event = "job_parked" if attempts >= MAX_ATTEMPTS else "job_failed"
    _LOG.error(_LINE, event, *_fields(item), f" error={kind}", exc_info=defect)


_LINE: Final = "%s kind=%s repository=%s key=%r turn=%s%s"


def _tell(event: str, item: WorkItem) -> None:
    _LOG.info(_LINE, event, *_fields(item), "")


def _fields(item: WorkItem) -> tuple[str, str, str, int]:
    return item.work.kind, item.work.repository, item.work.key, item.turn
