"""Proposes as many retries as pay for themselves."""

from meta_agent.bursts import count_failures_soon_after
from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import set_knob, word_title
from meta_agent.proposers.heuristic.retry_value import price_retry, value_success
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.retry_outcomes import find_curable

_RESIDUAL_TARGET = 0.001
"""One execution in a thousand may still fail: beyond it a retry is insurance nobody notices."""
_TRUSTED_RETRIES = 10


def propose_retries(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the one patch that sets `max_retries`; none where repeating isn't safe or doesn't pay."""
    sample = window.sample(opportunity.step_id)
    if sample is None or not sample.node.is_repeatable:
        return []
    rate = _failure_rate(sample, window)
    retries = _choose_retries(sample, rate, window, settings)
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


def _failure_rate(sample: StepSample, window: Window) -> float:
    """Return the probability that an attempt fails, or that a retry does where that is seen to be higher.

    Failures come in bursts: where enough retries were observed they, not the first attempts, say what another is worth.
    Where none were, the runs that began soon after a failure do.
    """
    curable = find_curable(sample)
    first = [execution.attempts[0].error_class in curable for execution in sample.executions]
    later = [
        attempt.error_class in curable
        for execution in sample.executions
        for attempt in execution.attempts[1:]
    ]
    hits, trials = sum(later), len(later)
    if trials < _TRUSTED_RETRIES:
        hits, trials = count_failures_soon_after(window.runs, sample.node.step_id)
    rate = _mean_rate(sum(first), len(first))
    return max(rate, _mean_rate(hits, trials)) if trials >= _TRUSTED_RETRIES else rate


def _mean_rate(hits: int, trials: int) -> float:
    return (hits + 0.5) / (trials + 1)


def _choose_retries(
    sample: StepSample, rate: float, window: Window, settings: ProposerSettings
) -> int:
    """Add retries while what is left is above the target and the next one brings more than it costs."""
    success_usd = value_success(sample, window, settings.roi)
    retries = sample.max_retries
    while retries < settings.max_retries:
        is_needed = rate ** (retries + 1) > _RESIDUAL_TARGET
        pays = (1 - rate) * success_usd > price_retry(sample, settings.roi, retries + 1)
        if not (is_needed and pays):
            break
        retries += 1
    return retries
