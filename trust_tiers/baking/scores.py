"""Scores of a run between 0 and 1, and the most their means can be if a change does no harm.

*Failures*: 1 for a failed run. *Cost* and *latency* are scored twice, and nothing is assumed of how they are
distributed: by the rank among the runs before, which sees a shift of the whole (a Mann–Whitney test that may be looked
at any time), and by whether the run lies beyond 95 % of them, which sees a longer tail. A few runs of enormous cost
among ordinary ones move neither much; budgets are there for those.

What is assumed: the runs of a route before and after are alike but for the change, and come one after another without
influencing each other. A change of the traffic that the routes don't tell apart is held against the change.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from trust_tiers.baking.baseline import RouteBaseline
from trust_tiers.baking.bets import Bet, place_bet
from trust_tiers.beta import bound_rate

_TAIL = 0.95


def bet_on_failures(route: RouteBaseline, alpha: float, rise: float) -> Bet | None:
    """Bet against a failure rate of at most `rise` above the one before, which is known up to `alpha`."""
    return _bet_on_rate(route.failures, route.runs, alpha, rise)


def bet_on_ranks(values: Sequence[float], alpha: float) -> Bet | None:
    """Bet against ranks that average one half.

    The average rank of the runs before among all like them is that of independent uniform numbers or nearer the middle,
    whose moments are below those of a normal variable of variance 1/12: hence the bound.
    """
    if not values:
        return None
    mean = 0.5 + math.sqrt(math.log(1 / alpha) / (6 * len(values)))
    return place_bet(0.5, mean) if mean < 1 else None


def bet_on_tail(values: Sequence[float], alpha: float) -> Bet | None:
    """Bet against a share of 5 % beyond the largest value but 5 %; exact, whatever the distribution."""
    return _bet_on_rate(len(values) - _count_ordinary(values), len(values), alpha, 0.0)


def rank(value: float, values: Sequence[float]) -> float:
    """Return the share of the values below this one, equal ones by half."""
    return (bisect_left(values, value) + bisect_right(values, value)) / (2 * len(values))


def is_beyond(value: float, values: Sequence[float]) -> bool:
    """Whether the value lies beyond the largest but 5 %."""
    return value > values[_count_ordinary(values) - 1]


def _count_ordinary(values: Sequence[float]) -> int:
    return math.ceil(_TAIL * len(values))


def _bet_on_rate(hits: int, tries: int, alpha: float, rise: float) -> Bet | None:
    mean = bound_rate(hits, tries, alpha) + rise if tries else 1.0
    return place_bet((hits + 0.5) / (tries + 1), mean) if mean < 1 else None
