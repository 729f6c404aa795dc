"""How often a workflow runs: told by the user, read from telemetry, or assumed and said so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from meta_agent.roi_settings import RoiSettings
from telemetry import Run

ASSUMED_RUNS_PER_MONTH: Final = 1_000.0

_SHORTEST_WINDOW = timedelta(hours=24)
_MONTH = timedelta(days=365.25 / 12)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Runs a month, and where the figure comes from, as a phrase for people."""

    runs_per_month: float
    basis: str


def measure_traffic(runs: Iterable[Run], settings: RoiSettings) -> Traffic:
    """Return the user's figure, else the rate over the time the runs span if that is a day or more, else 1,000."""
    if settings.runs_per_month is not None:
        return Traffic(settings.runs_per_month, f"{settings.runs_per_month:,.0f} runs/month as set")
    starts = sorted(run.started_at for run in runs)
    span = starts[-1] - starts[0] if starts else timedelta(0)
    if span < _SHORTEST_WINDOW:
        return Traffic(ASSUMED_RUNS_PER_MONTH, f"{ASSUMED_RUNS_PER_MONTH:,.0f} runs/month assumed")
    rate = (len(starts) - 1) * (_MONTH / span)
    return Traffic(rate, f"{rate:,.0f} runs/month seen over {span / timedelta(days=1):.1f} days")
