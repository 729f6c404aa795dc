"""How long a step's attempts take, as far as its timeout lets one see."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from meta_agent.detectors.window import StepSample
from meta_agent.statistics import LogNormal, fit_log_normal, quantile
from telemetry import Attempt, ErrorClass, Outcome

_SHORTEST_HANG_S = 1.0
_NEAR: Final = 0.8
"""From this share of a timeout on an attempt nearly met it."""
_AS_MANY_BEYOND: Final = 2.0
"""Of what gets so far at least a third ends before the limit, unless the tail is heavier than any seen."""


@dataclass(frozen=True, slots=True)
class AttemptLatencies:
    """Attempt latencies in seconds, each ascending: `healthy_s` succeeded, `failed_s` ended in some other error.

    `cut_off` attempts were stopped by the timeout: how long they would have taken nobody has seen. `tail` is what
    healthy ones follow; `None` where that can't be told.
    """

    healthy_s: tuple[float, ...]
    failed_s: tuple[float, ...]
    cut_off: int
    tail: LogNormal | None

    @property
    def count(self) -> int:
        """How many attempts there were."""
        return len(self.healthy_s) + len(self.failed_s) + self.cut_off

    @property
    def cut_off_rate(self) -> float:
        """The share of attempts the timeout stopped."""
        return self.cut_off / self.count if self.count else 0.0

    def healthy_quantile_s(self, q: float) -> float:
        """Return the `q`-quantile of healthy attempts, of the fit where it is higher: a sample misses its tail."""
        seen = quantile(self.healthy_s, q) if self.healthy_s else 0.0
        return max(seen, self.tail.quantile(q)) if self.tail else seen

    @property
    def hang_s(self) -> float:
        """Beyond this an attempt hung: a second, ten medians, and what one healthy attempt in ten thousand takes."""
        if not self.tail:
            return math.inf
        return max(_SHORTEST_HANG_S, 10 * math.exp(self.tail.mu), self.tail.quantile(0.9999))

    def merely_slow(self, timeout_s: float) -> float:
        """Return how many of the cut-off attempts the healthy tail explains; the others hung."""
        if not self.tail:
            return 0.0
        beyond = self.tail.tail(timeout_s)
        return min(float(self.cut_off), beyond * (len(self.healthy_s) + self.cut_off))


def measure_latencies(sample: StepSample) -> AttemptLatencies:
    """Sort a step's attempts by how they ended."""
    ok = Outcome.OK
    # A cancelled attempt has no error class, and wasn't healthy either.
    healthy = sorted(one.latency_ms / 1000 for one in sample.attempts if one.outcome is ok)
    others = [one for one in sample.attempts if one.outcome is not ok]
    failed = sorted(one.latency_ms / 1000 for one in others if not _is_cut_off(one, sample))
    cut_off = len(others) - len(failed)
    tail = _fit(healthy, cut_off, sample.timeout_s)
    return AttemptLatencies(tuple(healthy), tuple(failed), cut_off, tail)


def _fit(healthy_s: list[float], cut_off: int, timeout_s: float | None) -> LogNormal | None:
    """Fit the bulk, or where attempts lie close up to the timeout, median and what must lie beyond it."""
    tail = fit_log_normal(healthy_s, censored=cut_off)
    if tail is None or timeout_s is None or not cut_off:
        return tail
    near = len(healthy_s) - bisect_right(healthy_s, _NEAR * timeout_s)
    slow = min(cut_off, _AS_MANY_BEYOND * (near - math.sqrt(near)))
    share = slow / (len(healthy_s) + cut_off)
    if share <= tail.tail(timeout_s) or timeout_s <= math.exp(tail.mu):
        return tail
    # Two kinds of attempts, a quick and a slow one, say: the bulk knows nothing of the end.
    sigma = (math.log(timeout_s) - tail.mu) / NormalDist().inv_cdf(1 - share)
    return LogNormal(tail.mu, sigma)


def _is_cut_off(attempt: Attempt, sample: StepSample) -> bool:
    return attempt.error_class is ErrorClass.TIMEOUT and sample.timeout_s is not None
