"""How the version before did, route by route: what a change is compared with."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

MOST_VALUES = 500
"""So many costs and latencies of a route are kept; more would hardly narrow the comparison."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How one run of one version ended; `route` is the way it took, and runs are only compared within one.

    Money is a float here, because statistics begin. A figure that isn't known is None.
    """

    at: datetime
    failed: bool
    cost_usd: float | None = None
    latency_ms: float | None = None
    route: str = ""


@dataclass(frozen=True, slots=True)
class RouteBaseline:
    """Runs of one route; the values are ascending."""

    runs: int
    failures: int
    costs_usd: tuple[float, ...] = ()
    latencies_ms: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Baseline:
    """All routes of the version before."""

    routes: dict[str, RouteBaseline] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        """How many runs there are in all."""
        return sum(route.runs for route in self.routes.values())


def measure_baseline(outcomes: Iterable[RunOutcome]) -> Baseline:
    """Gather runs of the version before, oldest first; of the figures the latest ones are kept."""
    by_route: dict[str, list[RunOutcome]] = defaultdict(list)
    for outcome in outcomes:
        by_route[outcome.route].append(outcome)
    return Baseline({route: _measure_route(runs) for route, runs in by_route.items()})


def _measure_route(runs: list[RunOutcome]) -> RouteBaseline:
    return RouteBaseline(
        runs=len(runs),
        failures=sum(run.failed for run in runs),
        costs_usd=_keep(run.cost_usd for run in runs),
        latencies_ms=_keep(run.latency_ms for run in runs),
    )


def _keep(values: Iterable[float | None]) -> tuple[float, ...]:
    known = [value for value in values if value is not None]
    return tuple(sorted(known[-MOST_VALUES:]))
