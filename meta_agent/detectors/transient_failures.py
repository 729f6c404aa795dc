"""Finds steps that give up on errors another attempt would probably have survived."""

from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.retry_outcomes import find_curable
from meta_agent.statistics import benjamini_hochberg, binomial_tail, wilson_bounds
from telemetry import ErrorClass

KIND: Final = "transient_failures"

_TOLERATED_RATE = 0.01
"""One execution in a hundred may end on a transient error before it is worth anyone's time."""
_FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class _Failures:
    """Executions that ended on a transient error, retries included."""

    sample: StepSample
    failed: int
    curable: frozenset[ErrorClass]

    @property
    def executions(self) -> int:
        return len(self.sample.executions)

    @property
    def rate(self) -> float:
        return self.failed / self.executions

    @property
    def rate_low(self) -> float:
        return wilson_bounds(self.failed, self.executions)[0]

    @property
    def p_value(self) -> float:
        return binomial_tail(self.failed, self.executions, _TOLERATED_RATE)


def find_transient_failures(window: Window) -> list[Opportunity]:
    """Return steps that end on transient errors in surely more than 1 % of their executions, in document order.

    "Surely" is a Wilson lower bound at 95 % and a binomial test corrected for the number of steps. A step whose rate is
    above 1 % but not surely so is told with `enough=False`. Which errors are transient their class says, until enough
    retries say otherwise.
    """
    counted = [_count_failed(sample) for sample in window.samples]
    proven = benjamini_hochberg([one.p_value for one in counted], q=_FALSE_DISCOVERIES)
    return [
        _describe(one, window, enough=window.enough and sure and one.rate_low >= _TOLERATED_RATE)
        for one, sure in zip(counted, proven, strict=True)
        if one.rate > _TOLERATED_RATE
    ]


def _count_failed(sample: StepSample) -> _Failures:
    curable = find_curable(sample)
    ended = (execution.attempts[-1].error_class for execution in sample.executions)
    failed = sum(error_class in curable for error_class in ended if error_class)
    return _Failures(sample, failed, curable)


def _describe(found: _Failures, window: Window, *, enough: bool) -> Opportunity:
    sample, node = found.sample, found.sample.node
    times = f"after {sample.max_retries} retries" if sample.max_retries else "without a retry"
    return Opportunity(
        kind=KIND,
        step_id=node.step_id,
        yaml_path=node.yaml_path,
        spec_sha256=window.workflow.spec_sha256,
        summary=f"{node.step_id} fails on transient errors in {found.rate:.1%} of its runs, {times}",
        runs=len(window.runs),
        numbers=_numbers(found),
        enough=enough,
        runs_needed=0
        if enough
        else window.more_runs(found.failed, found.executions, _TOLERATED_RATE),
        confidence=1 - found.p_value,
    )


def _numbers(found: _Failures) -> dict[str, float]:
    sample = found.sample
    attempts = sample.attempts
    transient = sum(attempt.error_class in found.curable for attempt in sample.failures)
    return {
        "executions": float(found.executions),
        "failure_rate": found.rate,
        "failure_rate_low": found.rate_low,
        "attempts": float(len(attempts)),
        "attempt_failure_rate": transient / len(attempts),
        "max_retries": float(sample.max_retries),
        "is_repeatable": float(sample.node.is_repeatable),
    }
