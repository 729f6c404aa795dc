"""What retries are worth to a step: the objective that chooses how many it gets."""

from collections.abc import Callable

from meta_agent.detectors.busy_fallback import fallback_of
from meta_agent.detectors.window import StepSample, Window
from meta_agent.roi_settings import RoiSettings
from telemetry import Outcome

SuccessRate = Callable[[int], float]
"""How often the retry of that number, from 1, succeeds when all attempts before it failed."""


def gain_of_retries(
    retries: int, success_rate: SuccessRate, *, success_usd: float, retry_usd: SuccessRate
) -> float:
    """Return the expected USD that `retries` bring an execution whose first attempt failed."""
    gain_usd, reached = 0.0, 1.0
    for number in range(1, retries + 1):
        rate = success_rate(number)
        gain_usd += reached * (rate * success_usd - retry_usd(number))
        reached *= 1 - rate
    return gain_usd


def value_success(sample: StepSample, window: Window, roi: RoiSettings) -> float:
    """Return what it is worth in USD that a step succeeds: a success, or what its fallback would have cost."""
    fallback = fallback_of(sample.node, window)
    seen = window.sample(fallback.step_id) if fallback else None
    if seen is None:
        return roi.value_per_success_usd
    count = len(seen.executions)
    failed = sum(one.outcome is not Outcome.OK for one in seen.executions) / count
    spent_usd = float(sum(one.cost_usd for one in seen.executions)) / count
    waited_s = sum(one.latency_ms for one in seen.executions) / 1000 / count
    return spent_usd + waited_s * roi.latency_usd_per_s + failed * roi.value_per_success_usd


def price_retry(sample: StepSample, roi: RoiSettings, number: int = 1) -> float:
    """Return what the retry of that number costs on average, its own waiting and the back-off before it included."""
    attempts = sample.attempts
    spent_usd = float(sum(attempt.cost_usd for attempt in attempts))
    waited_s = sum(attempt.latency_ms for attempt in attempts) / 1000
    each_usd = (spent_usd + waited_s * roi.latency_usd_per_s) / len(attempts)
    return each_usd + sample.backoff_s * 2.0 ** (number - 1) * roi.latency_usd_per_s
