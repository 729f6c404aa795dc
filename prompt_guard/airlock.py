"""What telemetry may tell a model: numbers, members of closed sets, and references. No text passes.

Whoever can make a request fail can choose the text of an error. Numbers can be inflated, but carry no instructions.
"""

import math
from collections.abc import Mapping
from typing import Protocol

from pydantic import JsonValue

from prompt_guard.references import References

KINDS = frozenset(
    {
        "busy_fallback",
        "costly_step",
        "drift",
        "futile_retries",
        "idle_branch",
        "idle_rounds",
        "idle_validator",
        "independent_steps",
        "late_failure",
        "loose_token_limit",
        "missing_description",
        "overpowered_model",
        "regression",
        "repeated_inputs",
        "timeout_misfit",
        "transient_failures",
        "unread_output",
        "validator_order",
    }
)
"""The detectors a model may hear of; any other kind is told as `other`."""

NUMBERS = frozenset(
    {
        "affected_rate",
        "affected_rate_low",
        "answers",
        "asked",
        "asked_per_run",
        "attempt_failure_rate",
        "attempts",
        "caught",
        "caught_share_low",
        "cost_per_attempt_usd",
        "cost_per_run_usd",
        "cost_usd",
        "executions",
        "failure_rate",
        "failure_rate_low",
        "failures",
        "fallback_cost_usd",
        "fallback_failure_rate",
        "fallback_latency_s",
        "fallback_share",
        "fallback_share_low",
        "false_alarms",
        "first_ms",
        "first_rejection_rate",
        "healthy_p50_s",
        "healthy_p99_s",
        "is_repeatable",
        "late_success_rate_high",
        "latency_per_run_s",
        "latency_s",
        "max_loops",
        "max_retries",
        "max_tokens",
        "mean_input_tokens",
        "mean_ms",
        "mean_output_tokens",
        "most_needed_tokens",
        "p50_output_tokens",
        "p95_output_tokens",
        "p99_output_tokens",
        "ran_away_rate",
        "ran_away_rate_high",
        "rejected",
        "rejection_rate",
        "rejection_rate_high",
        "repeated_share",
        "repeated_share_low",
        "retries",
        "saved_ms_per_answer",
        "saved_s_per_run",
        "saved_share",
        "saved_usd_per_run",
        "second_ms",
        "second_rejection_rate",
        "share",
        "success_rate",
        "success_rate_high",
        "taken_rate_high",
        "timeout_s",
        "transient_share",
        "trouble_rate",
        "trouble_rate_high",
        "useful_retries",
        "useful_rounds",
        "visits",
        "wasted_rounds_per_run",
        "wasted_s_per_run",
        "wasted_tokens_per_run",
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
