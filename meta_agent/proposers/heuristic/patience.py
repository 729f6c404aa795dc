"""What waiting up to a limit costs a step: the objective that chooses a timeout."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meta_agent.detectors.window import StepSample
from meta_agent.latencies import AttemptLatencies, measure_latencies
from meta_agent.roi_settings import RoiSettings
from meta_agent.statistics import LogNormal

HUMAN_SECONDS: Final = (
    *(0.5, 1, 1.5, 2, 3, 5, 8, 10, 12, 15, 20, 30, 45),
    *(60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700, 3600),
)
"""Timeouts a person would have written, in seconds."""

_MAX_NEEDLESS_CUTS = 0.01
"""No timeout is proposed that would stop more than one healthy attempt in a hundred, cheap as that may look."""

_WORTHWHILE = 0.01
"""A step must get at least this share cheaper, all told."""
_INDIFFERENT = 0.02
"""This share of the gain isn't worth a longer timeout: beyond the tail the curve is flat, but unseen hangs may come."""


@dataclass(frozen=True, slots=True)
class Patience:
    """A step's attempts as they would be without any timeout: `latency_s` is infinite for one that never ended.

    What takes longer than `hang_s` hung, even if it succeeded in the end.
    """

    latency_s: NDArray[np.float64]
    succeeds: NDArray[np.bool_]
    tail: LogNormal
    hang_s: float
    retries: int
    attempt_usd: float

    def needless_cuts(self, timeout_s: float) -> float:
        """Return the share of healthy attempts a timeout would stop: as seen or as the tail says, whichever is more."""
        healthy = self.latency_s[self.succeeds & (self.latency_s <= self.hang_s)]
        seen = float((healthy > timeout_s).mean()) if healthy.size else 0.0
        return max(seen, self.tail.tail(timeout_s))

    def cost_usd(self, timeout_s: float, roi: RoiSettings) -> float:
        """Return the expected USD an execution costs: its attempts, its waiting, and the success it may lose."""
        fails = self._failure_rate(timeout_s)
        attempts = sum(fails**number for number in range(self.retries + 1))
        waited_s = float(np.minimum(self.latency_s, timeout_s).mean())
        attempt_usd = self.attempt_usd + waited_s * roi.latency_usd_per_s
        return attempts * attempt_usd + fails ** (self.retries + 1) * roi.value_per_success_usd

    def _failure_rate(self, timeout_s: float) -> float:
        """Return the probability that an attempt fails: as seen or as the tail says, whichever is more."""
        seen = 1 - float((self.succeeds & (self.latency_s <= timeout_s)).mean())
        by_tail = 1 - float(self.succeeds.mean()) * (1 - self.tail.tail(timeout_s))
        return max(seen, by_tail)


def describe_patience(sample: StepSample) -> Patience | None:
    """Complete what the present timeout cut off; `None` where the tail can't be told."""
    latencies = measure_latencies(sample)
    if latencies.tail is None:
        return None
    slow = round(latencies.merely_slow(sample.timeout_s)) if sample.timeout_s else 0
    beyond = _quantiles_beyond(latencies.tail, sample.timeout_s, slow)
    hangs = [math.inf] * (latencies.cut_off - slow)
    healthy = len(latencies.healthy_s) + slow
    everything = (*latencies.healthy_s, *beyond, *latencies.failed_s, *hangs)
    return Patience(
        latency_s=np.asarray(everything, dtype=np.float64),
        succeeds=np.arange(len(everything)) < healthy,
        tail=latencies.tail,
        hang_s=latencies.hang_s,
        retries=sample.max_retries,
        attempt_usd=_mean_usd(sample, latencies),
    )


def choose_timeout(patience: Patience, present_s: float | None, roi: RoiSettings) -> float | None:
    """Return the smallest human number of nearly least expected cost; `None` where the present timeout is no worse."""
    gentle = [t for t in HUMAN_SECONDS if patience.needless_cuts(t) <= _MAX_NEEDLESS_CUTS]
    if not gentle:
        return None
    costs_usd = {timeout_s: patience.cost_usd(timeout_s, roi) for timeout_s in gentle}
    # Without a limit every attempt came to an end: the longest one stands for infinity.
    limit_s = float(patience.latency_s.max()) if present_s is None else present_s
    present_usd = patience.cost_usd(limit_s, roi)
    gain_usd = present_usd - min(costs_usd.values())
    if gain_usd <= _WORTHWHILE * present_usd:
        return None
    bound_usd = min(costs_usd.values()) + _INDIFFERENT * gain_usd
    best_s = next(timeout_s for timeout_s, usd in costs_usd.items() if usd <= bound_usd)
    return None if best_s == present_s else best_s


def _quantiles_beyond(tail: LogNormal, timeout_s: float | None, count: int) -> list[float]:
    """Return `count` evenly spread latencies of the tail beyond the timeout."""
    if not count or timeout_s is None:
        return []
    share = tail.tail(timeout_s)
    return [tail.quantile(1 - share * (index + 0.5) / count) for index in range(count)]


def _mean_usd(sample: StepSample, latencies: AttemptLatencies) -> float:
    spent_usd = sum(attempt.cost_usd for attempt in sample.attempts)
    return float(spent_usd) / latencies.count
