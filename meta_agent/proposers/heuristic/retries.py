"""Proposes as many retries as pay for themselves."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import set_knob, word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from telemetry import TRANSIENT

_RESIDUAL_TARGET = 0.001
"""One execution in a thousand may still fail: beyond it a retry is insurance nobody notices."""
_MAX_RETRIES = 5
_TRUSTED_RETRIES = 10


def propose_retries(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the one patch that sets `max_retries`; none where repeating isn't safe or doesn't pay."""
    sample = window.sample(opportunity.step_id)
    if sample is None or not sample.node.is_repeatable:
        return []
    rate = _failure_rate(sample)
    retries = _choose_retries(sample, rate, settings)
    if retries <= sample.max_retries:
        return []
    times = "once" if retries == 1 else f"up to {retries} times"
    node = sample.node
    before, after = rate ** (sample.max_retries + 1), rate ** (retries + 1)
    return [
        Candidate(
            opportunity=opportunity,
            patch=set_knob(node, "max_retries", retries),
            title=word_title("Retry", node.step_id, times),
            rationale=(
                f"{rate:.1%} of attempts end on a transient error; if retries fail independently, "
                f"{retries} of them lower what is left from {before:.1%} to {after:.2%}."
            ),
            source="heuristic:retries",
            patch_class="retries",
        )
    ]


def _failure_rate(sample: StepSample) -> float:
    """Return the probability that an attempt fails, or that a retry does where that is seen to be higher.

    Failures come in bursts: where enough retries were observed they, not the first attempts, say what another is worth.
    """
    first = [execution.attempts[0].error_class in TRANSIENT for execution in sample.executions]
    later = [
        attempt.error_class in TRANSIENT
        for execution in sample.executions
        for attempt in execution.attempts[1:]
    ]
    rate = _mean_rate(first)
    return max(rate, _mean_rate(later)) if len(later) >= _TRUSTED_RETRIES else rate


def _mean_rate(failures: list[bool]) -> float:
    return (sum(failures) + 0.5) / (len(failures) + 1)


def _choose_retries(sample: StepSample, rate: float, settings: ProposerSettings) -> int:
    """Add retries while what is left is above the target and the next one brings more than it costs."""
    attempt_usd = _attempt_usd(sample, settings)
    retries = sample.max_retries
    while retries < _MAX_RETRIES:
        reached = rate ** (retries + 1)
        gain_usd = reached * (1 - rate) * settings.roi.value_per_success_usd
        if reached <= _RESIDUAL_TARGET or gain_usd <= reached * attempt_usd:
            break
        retries += 1
    return retries


def _attempt_usd(sample: StepSample, settings: ProposerSettings) -> float:
    """Return what one more attempt costs on average, waiting included."""
    attempts = sample.attempts
    spent_usd = float(sum(attempt.cost_usd for attempt in attempts))
    waited_s = sum(attempt.latency_ms for attempt in attempts) / 1000
    return (spent_usd + waited_s * settings.roi.latency_usd_per_s) / len(attempts)
