"""How many tokens a step's answers need, as far as its limit lets one see, and which of them run away."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from meta_agent.detectors.window import StepSample, Window
from meta_agent.statistics import ONE_SIDED_95, fit_log_normal, quantile, wilson_bounds
from telemetry import Attempt

_AT_LIMIT = 0.98
"""An answer this near to the limit was stopped by it."""
_HEADROOM = 1.1
_WORTHLESS = 0.5
"""Answers beyond the tail run away when more than this share of them surely came to nothing."""
_EXTREME: Final = NormalDist().inv_cdf(0.9999)


@dataclass(frozen=True, slots=True)
class TokenUse:
    """Output tokens of a step's answers, ascending, without the `ran_away` ones.

    Those ended at the limit, or lie far beyond the tail of the others and came to nothing: their attempt failed, or
    their run. An answer that is long and good is needed as much as any.
    """

    tokens: tuple[int, ...]
    ran_away: int
    wasted_tokens: int
    """What the `ran_away` ones have beyond what is needed."""
    most_needed: float
    """What hardly any other answer exceeds; infinite where that can't be told."""

    @property
    def count(self) -> int:
        """How many answers there were."""
        return len(self.tokens) + self.ran_away

    def quantile(self, q: float) -> float:
        """Return a quantile of the answers that didn't run away; 0 without any."""
        return float(quantile(self.tokens, q)) if self.tokens else 0.0


def measure_tokens(sample: StepSample, window: Window) -> TokenUse:
    """Tell the lengths that answers need from those that came to nothing."""
    bound = _bound_tail(sample.output_tokens)
    limit = math.inf if sample.max_tokens is None else _AT_LIMIT * sample.max_tokens
    stopped = [length for length in sample.output_tokens if length >= limit]
    beyond = [length for length in sample.output_tokens if bound < length < limit]
    if not beyond or not _come_to_nothing(sample, window, bound, limit):
        beyond = []
    ran_away = [*beyond, *stopped]
    tokens = sample.output_tokens[: len(sample.output_tokens) - len(ran_away)]
    needed = max(bound, _HEADROOM * tokens[-1]) if tokens else math.inf
    wasted = sum(max(0.0, length - needed) for length in ran_away) if ran_away else 0.0
    return TokenUse(tokens, len(ran_away), round(wasted), needed)


def _bound_tail(ascending: tuple[int, ...]) -> float:
    """Return an upper bound of the 99.99 % quantile of a log-normal tail; it widens where there are few answers.

    Of median and 90th percentile, which a few answers that run away don't move; infinite where there is no tail.
    """
    tail = fit_log_normal(ascending)
    if tail is None:
        return math.inf
    error = ONE_SIDED_95 * tail.sigma / math.sqrt(len(ascending))
    # The sample's median and 90th percentile have about 1.25 and 1.7 times the error of a mean.
    return math.exp(tail.mu + 1.25 * error + _EXTREME * (tail.sigma + 1.7 * error))


def _come_to_nothing(sample: StepSample, window: Window, bound: float, limit: float) -> bool:
    """Whether surely most answers between the two lengths failed, or their runs did."""
    lost = window.lost_executions
    ends = [
        _has_failed(attempt) or id(execution) in lost
        for execution in sample.executions
        for attempt in execution.attempts
        if bound < attempt.output_tokens < limit
    ]
    return wilson_bounds(sum(ends), len(ends))[0] > _WORTHLESS


def _has_failed(attempt: Attempt) -> bool:
    return bool(attempt.error_class)
