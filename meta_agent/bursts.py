"""How failures come: one by one, or in bursts in which a retry fails too."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from telemetry import TRANSIENT, Run

SOON: Final = timedelta(seconds=60)
"""Two attempts so near to each other meet the same state of the world."""


def count_failures_soon_after(runs: Sequence[Run], step_id: str) -> tuple[int, int]:
    """Return how often a step's first attempt failed transiently within a minute of another's, and out of how many.

    Where no retry was ever seen this is what tells how one would fare. Runs that began at the same instant have no
    order, and simulated ones share no world.
    """
    firsts = sorted(_list_firsts(runs, step_id), key=itemgetter(0))
    hits = trials = 0
    last_failure: datetime | None = None
    for started_at, failed in firsts:
        if last_failure is not None and timedelta(0) < started_at - last_failure <= SOON:
            trials += 1
            hits += failed
        if failed:
            last_failure = started_at
    return hits, trials


def _list_firsts(runs: Sequence[Run], step_id: str) -> list[tuple[datetime, bool]]:
    """Return when each run with the step began, and whether its first attempt there failed transiently."""
    return [
        (run.started_at, step.attempts[0].error_class in TRANSIENT)
        for run in runs
        for step in run.steps
        if step.step_id == step_id and step.attempts and not run.simulated
    ]
