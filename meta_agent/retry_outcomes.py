"""What became of a step's attempts, by their number: the first, the first retry, the second one, …"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from meta_agent.detectors.window import StepSample
from meta_agent.statistics import wilson_bounds
from telemetry import TRANSIENT, ErrorClass, Outcome


@dataclass(frozen=True, slots=True)
class RetryOutcomes:
    """`tried[n]` attempts came n-th after the first one, of which `succeeded[n]` did.

    Of the retries, `transient` failed for a reason that may pass.
    """

    tried: tuple[int, ...]
    succeeded: tuple[int, ...]
    transient: int

    def beyond(self, retries: int) -> tuple[int, int]:
        """Return how many retries after the first `retries` there were, and how many of them succeeded."""
        return sum(self.tried[retries + 1 :]), sum(self.succeeded[retries + 1 :])

    def success_rate(self, number: int) -> float:
        """Return the success rate of the retry with that number, from 1, given that all attempts before it failed.

        Where fewer than ten of it were seen, all retries count alike; 0 without any.
        """
        tried, succeeded = 0, 0
        if number < len(self.tried):
            tried, succeeded = self.tried[number], self.succeeded[number]
        if tried < _TRUSTED:
            tried, succeeded = self.beyond(0)
        return succeeded / tried if tried else 0.0


_TRUSTED: Final = 10
_TELLING: Final = 4
"""If what passes by itself does so in two retries of three, four in vain are one chance in eighty."""
_HALF: Final = 0.5
_HELPFUL: Final = 0.2


def find_curable(sample: StepSample) -> frozenset[ErrorClass]:
    """Return the error classes that another attempt at this step may survive.

    Those known to pass by themselves, unless four retries or more after them helped in less than 20 %; and any other
    after which they surely help in more than 20 %: ten retries at least, by a one-sided 95 % bound.
    """
    tried: Counter[ErrorClass] = Counter()
    succeeded: Counter[ErrorClass] = Counter()
    for execution in sample.retried:
        for failed, retry in pairwise(execution.attempts):
            tried[failed.error_class] += 1
            succeeded[failed.error_class] += retry.outcome is Outcome.OK
    in_vain = {
        error_class
        for error_class, count in tried.items()
        if count >= _TELLING and succeeded[error_class] + _HALF < _HELPFUL * (count + 2 * _HALF)
    }
    helped = {
        error_class
        for error_class, count in tried.items()
        if count >= _TRUSTED and wilson_bounds(succeeded[error_class], count)[0] > _HELPFUL
    }
    return frozenset((TRANSIENT - in_vain) | helped)


def count_retries(sample: StepSample) -> RetryOutcomes:
    """Count a step's attempts by their place, whatever number they bear."""
    tried: Counter[int] = Counter({0: len(sample.executions)})
    ok = Outcome.OK
    first = sum(one.attempts[0].outcome is ok for one in sample.executions)
    succeeded: Counter[int] = Counter({0: first})
    transient = 0
    for execution in sample.retried:
        for place, attempt in enumerate(execution.attempts[1:], start=1):
            tried[place] += 1
            succeeded[place] += attempt.outcome is Outcome.OK
            transient += attempt.error_class in TRANSIENT
    places = range(max(tried) + 1)
    return RetryOutcomes(
        tuple(tried[place] for place in places),
        tuple(succeeded[place] for place in places),
        transient,
    )
