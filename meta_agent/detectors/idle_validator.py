"""Finds validators that never say no and take their time: each answer waits for a yes that is certain."""

from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.validator_use import ValidatorUse

KIND: Final = "idle_validator"

_WORTH_A_WORD_MS = 50.0
"""What looks for less costs nothing: it may stay for the day it is needed."""
_TINY_RATE = 0.01
"""The upper bound of its rejections must be below this."""


def find_idle_validators(window: Window) -> list[Opportunity]:
    """Return steps with a validator that never rejected and takes 50 ms or more, one a step, the slowest.

    `enough` once the upper bound of its rejection rate, at 95 %, is below 1 %, which takes 270 answers. It may be the
    last thing that stands between a rare flaw and the world, so what it might catch is among the numbers.
    """
    found = []
    for sample in window.samples:
        idle = [use for use in sample.validators if _is_idle(use)]
        if idle:
            slowest = max(idle, key=lambda use: use.mean_ms)
            found.append(_describe(sample, slowest, window))
    return found


def _is_idle(use: ValidatorUse) -> bool:
    return not use.rejected and use.mean_ms >= _WORTH_A_WORD_MS


def _describe(sample: StepSample, use: ValidatorUse, window: Window) -> Opportunity:
    high = use.rejection_bounds[1]
    sure = window.enough and high < _TINY_RATE
    # An upper bound shrinks with the sample: so many times more runs bring it below.
    missing = max(1, round(len(window.runs) * (high / _TINY_RATE - 1)))
    return tell_step(
        window,
        KIND,
        sample.node,
        f": validator {use.reference} accepted all of {use.asked} answers, after {use.mean_ms / 1000:.1f} s each",
        {
            "place": float(use.place),
            "asked": float(use.asked),
            "rejected": float(use.rejected),
            "rejection_rate_high": high,
            "mean_ms": use.mean_ms,
            "asked_per_run": use.asked / len(window.runs),
        },
        runs_needed=0 if sure else max(window.missing_runs, missing),
    )
