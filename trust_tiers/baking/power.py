"""The smallest harm that a bake-in can see at a given traffic, so that nobody takes silence for proof."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from trust_tiers.baking import scores
from trust_tiers.baking.bake import BakePlan, RoutePlan, threshold
from trust_tiers.baking.bets import ODDS, Bet, raise_odds
from trust_tiers.baking.guard import Guard

POWER = 0.8
"""What can be seen is seen at least so often."""

_MOST_ODDS = 1e4
_MOST_RATIO = 100.0
_HALVINGS = 40

_Growth = tuple[float, float]
"""Mean and variance of what one run adds to the logarithm of a stake."""


@dataclass(frozen=True, slots=True)
class Visible:
    """The smallest harms that are seen with a chance of 80 % in so many runs; None where none is."""

    runs: int
    failure_rate: float | None
    cost_ratio: float | None
    latency_ratio: float | None


def find_visible(plan: BakePlan, runs: int) -> Visible:
    """Return the smallest failure rate and the smallest rises of cost and latency that `runs` runs can show.

    The runs before are taken for the whole truth about what is usual.
    """
    odds = _find_smallest(lambda odds: _shows_failures(plan, runs, odds), _MOST_ODDS)
    return Visible(
        runs=runs,
        failure_rate=None if odds is None else _mean_rate(plan, odds),
        cost_ratio=_find_smallest(lambda ratio: _shows_rise(plan, runs, ratio, Guard.COST)),
        latency_ratio=_find_smallest(lambda ratio: _shows_rise(plan, runs, ratio, Guard.LATENCY)),
    )


def count_expected_runs(plan: BakePlan, runs_per_day: float) -> int:
    """Return how many runs the bake-in will have seen when it ends, at most those of its longest duration."""
    settings = plan.settings
    wanted = max(settings.min_runs, runs_per_day * settings.min_hours / 24)
    return int(min(wanted, runs_per_day * settings.max_hours / 24))


def describe_visible(visible: Visible, runs_per_day: float) -> str:
    """Say what the bake-in can't see, in one sentence."""
    seen = [
        part
        for part in (
            _percent("a failure rate", visible.failure_rate),
            _times("costs", visible.cost_ratio),
            _times("latencies", visible.latency_ratio),
        )
        if part
    ]
    start = f"At your {runs_per_day:.3g} runs/day this"
    if not seen:
        return f"{start} can't see any harm: there are too few runs, before or after."
    return f"{start} can only see {', '.join(seen)}."


def _percent(what: str, rate: float | None) -> str:
    return "" if rate is None else f"{what} ≥ {math.ceil(rate * 100)} %"


def _times(what: str, ratio: float | None) -> str:
    return "" if ratio is None else f"{what} ≥ {math.ceil(ratio * 100) / 100:.2f} × those before"


def _find_smallest(shows: Callable[[float], bool], most: float = _MOST_RATIO) -> float | None:
    """Bisect for the smallest harm that shows, on a scale of ratios."""
    low, high = 0.0, math.log(most)
    if not shows(most):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if shows(math.exp(middle)) else (middle, high)
    return math.exp(high)


def _shows_failures(plan: BakePlan, runs: int, odds: float) -> bool:
    growths = [_grow_by_failures(plan, index, odds) for index in range(len(ODDS))]
    return _is_enough(growths, runs, threshold(Guard.FAILURES, plan.settings))


def _grow_by_failures(plan: BakePlan, index: int, odds: float) -> _Growth:
    parts = []
    for weight, route in _weigh_routes(plan):
        rate = raise_odds(_rate(route), odds)
        parts.append((weight, _growth(route.failures, index, ((rate, 1.0), (1 - rate, 0.0)))))
    return _mix(parts)


def _shows_rise(plan: BakePlan, runs: int, ratio: float, guard: Guard) -> bool:
    """Whether a rise by `ratio` of all values would show, by the values of the runs before."""
    growths = []
    for index in range(len(ODDS)):
        growths.append(_grow_by_rise(plan, index, ratio, guard, by_rank=True))
        growths.append(_grow_by_rise(plan, index, ratio, guard, by_rank=False))
    return _is_enough(growths, runs, threshold(guard, plan.settings))


def _grow_by_rise(
    plan: BakePlan, index: int, ratio: float, guard: Guard, *, by_rank: bool
) -> _Growth:
    parts = []
    for weight, route in _weigh_routes(plan):
        values, bet, allowed = _look_up(plan, route, guard, by_rank=by_rank)
        score = scores.rank if by_rank else scores.is_beyond
        share = 1 / max(1, len(values))
        seen = [(share, float(score(value * ratio / allowed, values))) for value in values]
        parts.append((weight, _growth(bet, index, seen)))
    return _mix(parts)


def _look_up(
    plan: BakePlan, route: RoutePlan, guard: Guard, *, by_rank: bool
) -> tuple[Sequence[float], Bet | None, float]:
    known, settings = route.baseline, plan.settings
    if guard is Guard.COST:
        bet = route.cost_rank if by_rank else route.cost_tail
        return known.costs_usd, bet, settings.max_cost_ratio
    bet = route.latency_rank if by_rank else route.latency_tail
    return known.latencies_ms, bet, settings.max_latency_ratio


def _growth(bet: Bet | None, index: int, seen: Iterable[tuple[float, float]]) -> _Growth:
    """Return the growth by one run whose score is one of those seen, each with its probability."""
    if bet is None:
        return 0.0, 0.0
    gains = [(chance, math.log1p(bet.slopes[index] * (score - bet.mean))) for chance, score in seen]
    mean = math.fsum(chance * gain for chance, gain in gains)
    return mean, math.fsum(chance * (gain - mean) ** 2 for chance, gain in gains)


def _mix(parts: Sequence[tuple[float, _Growth]]) -> _Growth:
    mean = math.fsum(weight * growth[0] for weight, growth in parts)
    spread = math.fsum(weight * (growth[1] + (growth[0] - mean) ** 2) for weight, growth in parts)
    return mean, spread


def _is_enough(growths: Sequence[_Growth], runs: int, needed: float) -> bool:
    """Whether one stake alone gets there with the chance of `POWER`, by the normal approximation."""
    unlucky = NormalDist().inv_cdf(POWER)
    needed += math.log(len(growths))
    return any(
        runs * mean - unlucky * math.sqrt(runs * variance) >= needed for mean, variance in growths
    )


def _weigh_routes(plan: BakePlan) -> list[tuple[float, RoutePlan]]:
    total = sum(route.baseline.runs for route in plan.routes.values())
    return [(route.baseline.runs / total, route) for route in plan.routes.values()]


def _rate(route: RoutePlan) -> float:
    return (route.baseline.failures + 0.5) / (route.baseline.runs + 1)


def _mean_rate(plan: BakePlan, odds: float) -> float:
    return math.fsum(
        weight * raise_odds(_rate(route), odds) for weight, route in _weigh_routes(plan)
    )
