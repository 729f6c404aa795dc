"""Finds retries that never succeed: what fails there stays failed, however often it is tried."""

from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.retry_outcomes import RetryOutcomes, count_retries
from meta_agent.statistics import benjamini_hochberg, binomial_tail, wilson_bounds

KIND: Final = "futile_retries"

_HOPELESS_RATE = 0.05
"""A retry that helps less often than one time in twenty is hardly ever worth its wait."""
_FALSE_DISCOVERIES = 0.05
_MIN_RETRIES = 10


@dataclass(frozen=True, slots=True)
class _Futile:
    """The retries after the first `kept` ones."""

    sample: StepSample
    outcomes: RetryOutcomes
    kept: int

    @property
    def tried(self) -> int:
        return self.outcomes.beyond(self.kept)[0]

    @property
    def succeeded(self) -> int:
        return self.outcomes.beyond(self.kept)[1]

    @property
    def p_value(self) -> float:
        """P(as few successes as these) if retries helped as often as is hopeless."""
        failed = self.tried - self.succeeded
        return binomial_tail(failed, self.tried, 1 - _HOPELESS_RATE)


def find_futile_retries(window: Window) -> list[Opportunity]:
    """Return steps whose retries, or those after the first few, surely help in less than 5 %, in document order.

    By a binomial test corrected for the number of steps; below ten such retries nothing is said. A step whose retries
    succeed is left alone however many it needs.
    """
    looked_at = [found for sample in window.samples if (found := _look_at(sample)) is not None]
    proven = benjamini_hochberg([one.p_value for one in looked_at], q=_FALSE_DISCOVERIES)
    return [
        _describe(one, window, sure=window.enough and sure)
        for one, sure in zip(looked_at, proven, strict=True)
    ]


def _look_at(sample: StepSample) -> _Futile | None:
    """Return the most retries that could go; `None` where those seen help, or where there were too few."""
    if not sample.max_retries:
        return None
    outcomes = count_retries(sample)
    for kept in range(len(outcomes.tried) - 1):
        tried, succeeded = outcomes.beyond(kept)
        if tried >= _MIN_RETRIES and succeeded <= _HOPELESS_RATE * tried:
            return _Futile(sample, outcomes, kept)
    return None


def _describe(found: _Futile, window: Window, *, sure: bool) -> Opportunity:
    after = f" after the first {found.kept}" if found.kept else ""
    failed = found.tried - found.succeeded
    return tell_step(
        window,
        KIND,
        found.sample.node,
        f": of {found.tried} retries{after} {found.succeeded or 'none'} succeeded",
        {
            "max_retries": float(found.sample.max_retries),
            "useful_retries": float(found.kept),
            "retries": float(found.tried),
            "success_rate": found.succeeded / found.tried,
            "success_rate_high": wilson_bounds(found.succeeded, found.tried)[1],
            "transient_share": found.outcomes.transient / max(1, sum(found.outcomes.tried[1:])),
        },
        p_value=found.p_value,
        runs_needed=0
        if sure
        else max(1, window.more_runs(failed, found.tried, 1 - _HOPELESS_RATE)),
    )
