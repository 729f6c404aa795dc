"""The clock, on APScheduler: it calls, now and then, and each call covers the time since the one before.

It decides nothing. A call that is late or missed is made up for by the next, and what is asked for twice is in the
store once, so any number of processes may run one.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler

from app.errors import AppError

_LOG: Final = logging.getLogger(__name__)


class RunningClock:
    """Calls functions, each at its own pace in seconds, until it is stopped; the first time at once."""

    def __init__(self, calls: Mapping[Callable[[], object], float]) -> None:
        # Told to run at once it would still be told that it is late, of which there is nothing to say.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for call, every_s in calls.items():
            at_once = datetime.now(UTC)
            self._scheduler.add_job(
                _guard, "interval", [call], seconds=every_s, next_run_time=at_once
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Let running calls end, and make no more."""
        self._scheduler.shutdown(wait=True)


def _guard(call: Callable[[], object]) -> None:
    try:
        call()
    except AppError as error:
        _LOG.error("tick_failed reason=%s", error)
