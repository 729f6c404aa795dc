"""What the clock asks for: each slot of each schedule once, however many processes watch the same clock."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.errors import BadInputError
from app.jobs.slots import find_latest_slot
from app.store import RepositoryState, Store, Work, ask_once, list_repositories

SERVER: Final = "server"
"""Whose work it is when it is no repository's."""

SWEEP, RECONCILE, TIDY_UP = "sweep", "reconcile", "tidy_up"
"""The kinds of work that the clock asks for; the key is the slot."""

LOOK_BACK: Final = timedelta(hours=12)
"""How late a slot may still be served after nobody was there; of several that were missed, the last."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Work of a kind for every slot of a cron expression."""

    kind: str
    cron: str
    timezone: str = "UTC"
    repository: str = SERVER
    installation_id: int = 0


OWN_SCHEDULES: Final = (Schedule(RECONCILE, "*/10 * * * *"), Schedule(TIDY_UP, "7 * * * *"))


def ask_scheduled(store: Store, *, after: datetime, until: datetime) -> None:
    """Ask for the work of every schedule that came due in between."""
    for work in find_due(list_schedules(store, now=until), after=after, until=until):
        with store.transaction() as rows:
            if ask_once(rows, work, at=until):
                _LOG.info(
                    "slot_due kind=%s repository=%s slot=%s", work.kind, work.repository, work.key
                )


def list_schedules(store: Store, *, now: datetime) -> tuple[Schedule, ...]:
    """Return the server's schedules, and those of the repositories that are at work."""
    with store.snapshot() as rows:
        found = list_repositories(rows, states=(RepositoryState.ACTIVE,))
    sweeps = (
        Schedule(SWEEP, each.schedule, each.timezone, each.key, each.installation_id)
        for each in found
        if each.schedule is not None and each.is_at_work(now)
    )
    return (*OWN_SCHEDULES, *sweeps)


def find_due(
    schedules: Iterable[Schedule], *, after: datetime, until: datetime
) -> tuple[Work, ...]:
    """Return the work of each schedule that came due in between; one that can't be read is told of and left out."""
    due = []
    for each in schedules:
        try:
            slot = find_latest_slot(each.cron, each.timezone, after=after, until=until)
        except BadInputError as error:
            _LOG.warning("schedule_refused repository=%s reason=%s", each.repository, error)
            continue
        if slot is not None:
            due.append(Work(each.repository, each.kind, slot, each.installation_id))
    return tuple(due)
