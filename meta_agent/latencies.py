"""How long a step's attempts take, as far as its timeout lets one see."""

import math
from dataclasses import dataclass

from meta_agent.detectors.window import StepSample
from meta_agent.statistics import LogNormal, fit_log_normal, quantile
from telemetry import ErrorClass, Outcome

_SHORTEST_HANG_S = 1.0


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
    healthy: list[float] = []
    failed: list[float] = []
    cut_off = 0
    for attempt in sample.attempts:
        latency_s = attempt.latency_ms / 1000
        if attempt.outcome is Outcome.OK:
            healthy.append(latency_s)
        elif attempt.error_class is ErrorClass.TIMEOUT and sample.timeout_s is not None:
            cut_off += 1
        else:
            failed.append(latency_s)
    healthy.sort()
    failed.sort()
    tail = fit_log_normal(healthy, censored=cut_off)
    return AttemptLatencies(tuple(healthy), tuple(failed), cut_off, tail)
