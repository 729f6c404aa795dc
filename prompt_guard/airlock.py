"""What telemetry may tell a model: numbers, members of closed sets, and references. No text passes.

Whoever can make a request fail can choose the text of an error. Numbers can be inflated, but carry no instructions.
"""

import math
from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from prompt_guard.references import References

KINDS = frozenset({"costly_step", "timeout_misfit", "transient_failures"})
"""The detectors a model may hear of; any other kind is told as `other`."""

NUMBERS = frozenset(
    {
        "affected_rate",
        "affected_rate_low",
        "attempt_failure_rate",
        "attempts",
        "cost_per_attempt_usd",
        "cost_per_run_usd",
        "executions",
        "failure_rate",
        "failure_rate_low",
        "healthy_p50_s",
        "healthy_p99_s",
        "is_repeatable",
        "max_retries",
        "mean_input_tokens",
        "mean_output_tokens",
        "p99_output_tokens",
        "share",
        "timeout_s",
        "wasted_s_per_run",
    }
)
"""The figures a model may hear of; any other is dropped, whatever its name says."""

_SIGNIFICANT_DIGITS = 3


class Finding(Protocol):
    """What the airlock reads of an opportunity."""

    @property
    def kind(self) -> str:
        """The detector's name."""

    @property
    def step_id(self) -> str:
        """The step it is about."""

    @property
    def runs(self) -> int:
        """The sample size."""

    @property
    def numbers(self) -> Mapping[str, float]:
        """The figures behind it, units in their names."""


def describe_opportunity(opportunity: Finding, references: References) -> dict[str, JsonValue]:
    """Return what a model may know of an opportunity; its summary and every name stay outside."""
    return {
        "kind": opportunity.kind if opportunity.kind in KINDS else "other",
        "step": references.to_step(opportunity.step_id),
        "runs": int(opportunity.runs),
        "numbers": {
            name: _round(opportunity.numbers[name])
            for name in sorted(NUMBERS & opportunity.numbers.keys())
            if math.isfinite(opportunity.numbers[name])
        },
    }


def _round(value: float) -> float:
    return float(f"{value:.{_SIGNIFICANT_DIGITS}g}")
