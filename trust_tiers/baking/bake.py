"""A bake-in as it goes: a plan that is made once from the runs before, and a progress that every run after moves on.

Both are plain values, to be kept as rows. A run costs the same however many there were.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from trust_tiers.baking import scores
from trust_tiers.baking.baseline import Baseline, RouteBaseline, RunOutcome
from trust_tiers.baking.bets import ODDS, Bet, log_mean, settle
from trust_tiers.baking.guard import Guard
from trust_tiers.baking.settings import BASELINE_SHARE, GUARD_SHARES, BakeSettings

Wealth = tuple[float, ...]
"""The logarithms of the stakes on one kind of score, one for each of `ODDS`."""

_EVEN: Wealth = (0.0,) * len(ODDS)


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """What runs of one route are compared with, and what is bet on them; None where nothing can be said."""

    baseline: RouteBaseline
    failures: Bet | None
    cost_rank: Bet | None
    cost_tail: Bet | None
    latency_rank: Bet | None
    latency_tail: Bet | None


@dataclass(frozen=True, slots=True)
class BakePlan:
    """What a bake-in goes by; nothing in it changes any more, so no look at the outcome can move the bar."""

    started_at: datetime
    settings: BakeSettings
    routes: dict[str, RoutePlan]


@dataclass(frozen=True, slots=True)
class BakeProgress:
    """Where a bake-in stands; `peaks` are the highest logarithms of evidence against the change so far."""

    runs: int = 0
    unjudged: int = 0
    without_cost: int = 0
    without_latency: int = 0
    last_at: datetime | None = None
    failures: Wealth = _EVEN
    cost_rank: Wealth = _EVEN
    cost_tail: Wealth = _EVEN
    latency_rank: Wealth = _EVEN
    latency_tail: Wealth = _EVEN
    peaks: dict[Guard, float] = field(default_factory=lambda: dict.fromkeys(Guard, 0.0))


def plan_bake(
    baseline: Baseline, *, started_at: datetime, settings: BakeSettings | None = None
) -> BakePlan:
    """Plan the bake-in of a change that was applied at `started_at`."""
    settings = settings or BakeSettings()
    share = BASELINE_SHARE / max(1, len(baseline.routes))
    return BakePlan(
        started_at,
        settings,
        {name: _plan_route(route, settings, share) for name, route in baseline.routes.items()},
    )


def take_runs(plan: BakePlan, progress: BakeProgress, runs: Iterable[RunOutcome]) -> BakeProgress:
    """Move a bake-in on by runs of the new version, in the order they ended."""
    for run in runs:
        progress = take_run(plan, progress, run)
    return progress


def take_run(plan: BakePlan, progress: BakeProgress, run: RunOutcome) -> BakeProgress:
    """Move a bake-in on by one run of the new version."""
    route = plan.routes.get(run.route)
    counted = replace(
        progress,
        runs=progress.runs + 1,
        unjudged=progress.unjudged + (route is None),
        without_cost=progress.without_cost + (run.cost_usd is None),
        without_latency=progress.without_latency + (run.latency_ms is None),
        last_at=run.at if progress.last_at is None else max(run.at, progress.last_at),
    )
    return counted if route is None else _settle_run(plan.settings, route, counted, run)


def threshold(guard: Guard, settings: BakeSettings) -> float:
    """Return the logarithm of evidence at which a guard is breached."""
    return -math.log(settings.alpha * GUARD_SHARES[guard] * (1 - BASELINE_SHARE))


def _plan_route(route: RouteBaseline, settings: BakeSettings, share: float) -> RoutePlan:
    risk = {guard: settings.alpha * part * share for guard, part in GUARD_SHARES.items()}
    cost, latency = risk[Guard.COST] / 2, risk[Guard.LATENCY] / 2
    return RoutePlan(
        baseline=route,
        failures=scores.bet_on_failures(route, risk[Guard.FAILURES], settings.max_failure_rise),
        cost_rank=scores.bet_on_ranks(route.costs_usd, cost),
        cost_tail=scores.bet_on_tail(route.costs_usd, cost),
        latency_rank=scores.bet_on_ranks(route.latencies_ms, latency),
        latency_tail=scores.bet_on_tail(route.latencies_ms, latency),
    )


def _settle_run(
    settings: BakeSettings, route: RoutePlan, progress: BakeProgress, run: RunOutcome
) -> BakeProgress:
    known = route.baseline
    failures = progress.failures
    if route.failures:
        failures = settle(failures, route.failures, float(run.failed))
    cost = _shrink(run.cost_usd, settings.max_cost_ratio)
    cost_rank = _settle_rank(progress.cost_rank, route.cost_rank, cost, known.costs_usd)
    cost_tail = _settle_tail(progress.cost_tail, route.cost_tail, cost, known.costs_usd)
    latency = _shrink(run.latency_ms, settings.max_latency_ratio)
    latencies = known.latencies_ms
    latency_rank = _settle_rank(progress.latency_rank, route.latency_rank, latency, latencies)
    latency_tail = _settle_tail(progress.latency_tail, route.latency_tail, latency, latencies)
    peaks = progress.peaks
    return replace(
        progress,
        failures=failures,
        cost_rank=cost_rank,
        cost_tail=cost_tail,
        latency_rank=latency_rank,
        latency_tail=latency_tail,
        peaks={
            Guard.FAILURES: max(peaks[Guard.FAILURES], log_mean(failures)),
            Guard.COST: max(peaks[Guard.COST], log_mean(cost_rank + cost_tail)),
            Guard.LATENCY: max(peaks[Guard.LATENCY], log_mean(latency_rank + latency_tail)),
        },
    )


def _shrink(value: float | None, ratio: float) -> float | None:
    """Return the value as it would be if it had risen by all that is allowed."""
    return None if value is None else value / ratio


def _settle_rank(
    wealth: Wealth, bet: Bet | None, value: float | None, values: tuple[float, ...]
) -> Wealth:
    if bet is None or value is None:
        return wealth
    return settle(wealth, bet, scores.rank(value, values))


def _settle_tail(
    wealth: Wealth, bet: Bet | None, value: float | None, values: tuple[float, ...]
) -> Wealth:
    if bet is None or value is None:
        return wealth
    return settle(wealth, bet, float(scores.is_beyond(value, values)))
