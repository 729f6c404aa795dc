"""The little statistics detectors need: bounds on a rate, tests of many rates, and a latency's tail."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from workflow import rate_interval

ONE_SIDED_95: Final = 1.6448536269514722
"""Standard normal quantile: a bound that is wrong one time in twenty."""

_NORMAL = NormalDist()
_SMALLEST_S = 1e-6
_SMALLEST_SIGMA = 0.05
_NEGLIGIBLE = 1e-17
_MOST_DOUBLED = 64


def wilson_bounds(hits: int, trials: int, *, z: float = ONE_SIDED_95) -> tuple[float, float]:
    """Return lower and upper bound of a rate, each one-sided at `z`; (0, 1) without trials."""
    return rate_interval(hits, trials, z=z)


def binomial_tail(hits: int, trials: int, rate: float) -> float:
    """Return P(X ≥ hits) for X ~ Binomial(trials, rate), 0 < rate < 1: the p-value of "no higher than `rate`"."""
    if hits <= 0:
        return 1.0
    log_choose = math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
    log_term = log_choose + hits * math.log(rate) + (trials - hits) * math.log1p(-rate)
    term = total = math.exp(log_term)
    odds = rate / (1 - rate)
    for successes in range(hits, trials):
        ratio = (trials - successes) / (successes + 1) * odds
        term *= ratio
        total += term
        if ratio < 1 and term < _NEGLIGIBLE * total:
            break
    return min(1.0, total)


def more_trials(hits: int, trials: int, tolerated: float) -> int:
    """Guess how many more trials at the seen rate would prove it higher than `tolerated`, by doubling the sample."""
    factor = 2
    while (
        factor < _MOST_DOUBLED and binomial_tail(hits * factor, trials * factor, tolerated) > 0.01
    ):
        factor *= 2
    return trials * (factor - 1)


def benjamini_hochberg(p_values: Sequence[float], *, q: float) -> list[bool]:
    """Return which hypotheses to reject so that at most a share `q` of them is false (Benjamini, Hochberg 1995)."""
    count = len(p_values)
    ascending = sorted(range(count), key=lambda index: p_values[index])
    rejected = 0
    for rank, index in enumerate(ascending, start=1):
        if p_values[index] <= q * rank / count:
            rejected = rank
    chosen = set(ascending[:rejected])
    return [index in chosen for index in range(count)]


def quantile(ascending: Sequence[float], q: float) -> float:
    """Return the upper `q`-quantile of a non-empty ascending sample: always one of its values."""
    return ascending[min(len(ascending) - 1, math.ceil(q * (len(ascending) - 1)))]


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A latency whose logarithm is normal; seconds."""

    mu: float
    sigma: float

    def tail(self, latency_s: float) -> float:
        """Return P(X > latency_s)."""
        if latency_s <= 0:
            return 1.0
        return _NORMAL.cdf((self.mu - math.log(latency_s)) / self.sigma)

    def quantile(self, q: float) -> float:
        """Return the latency in seconds that a share `q` (0 < q < 1) stays below."""
        return math.exp(self.mu + self.sigma * _NORMAL.inv_cdf(q))


def fit_log_normal(ascending_s: Sequence[float], *, censored: int = 0) -> LogNormal | None:
    """Fit median and 90th percentile of a sample of which `censored` more values lie above all seen ones.

    Order statistics bear both a few hangs and the cut that a timeout makes; `None` when more than a quarter is cut off,
    or with fewer than ten values. From a tenth on the 70th percentile stands in for the 90th.
    """
    total = len(ascending_s) + censored
    share_seen = len(ascending_s) / total if total else 0.0
    if len(ascending_s) < 10 or share_seen < 0.75:
        return None
    upper = 0.9 if share_seen > 0.9 else 0.7
    low_s, high_s = (
        max(_SMALLEST_S, ascending_s[min(len(ascending_s) - 1, int(q * total))])
        for q in (0.5, upper)
    )
    sigma = math.log(high_s / low_s) / _NORMAL.inv_cdf(upper)
    return LogNormal(math.log(low_s), max(_SMALLEST_SIGMA, sigma))
