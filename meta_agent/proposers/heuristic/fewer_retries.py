"""Proposes to give up earlier: as many retries as bring more than they cost."""

from functools import partial

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import set_knob, word_title
from meta_agent.proposers.heuristic.retry_value import (
    gain_of_retries,
    price_retry,
    value_success,
)
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.retry_outcomes import RetryOutcomes, count_retries


def propose_fewer_retries(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that lowers `max_retries` to the number of most expected value; none where all pay off."""
    sample = window.sample(opportunity.step_id)
    if sample is None or not sample.max_retries:
        return []
    outcomes = count_retries(sample)
    best = _choose(sample, outcomes, window, settings)
    if best >= sample.max_retries:
        return []
    return [
        Candidate(
            opportunity=opportunity,
            patch=set_knob(sample.node, "max_retries", best),
            title=word_title("Retry", sample.node.step_id, _times(best, sample.max_retries)),
            rationale=_explain(outcomes, best),
            source="heuristic:fewer_retries",
            patch_class="retries_down",
        )
    ]


def _choose(
    sample: StepSample, outcomes: RetryOutcomes, window: Window, settings: ProposerSettings
) -> int:
    """Return the fewest retries of most expected value."""
    success_usd = value_success(sample, window, settings.roi)
    gains_usd = [
        gain_of_retries(
            retries,
            outcomes.success_rate,
            success_usd=success_usd,
            retry_usd=partial(price_retry, sample, settings.roi),
        )
        for retries in range(sample.max_retries + 1)
    ]
    return gains_usd.index(max(gains_usd))


def _times(best: int, present: int) -> str:
    if not best:
        return f"no more, instead of {present} times"
    return f"{'once' if best == 1 else f'{best} times'} instead of {present}"


def _explain(outcomes: RetryOutcomes, best: int) -> str:
    tried, succeeded = outcomes.beyond(best)
    retries = sum(outcomes.tried[1:])
    after = f" after the first {best}" if best else ""
    return (
        f"Of {tried} retries{after} {succeeded or 'none'} succeeded; each costs its attempt and its wait. "
        f"{outcomes.transient / max(1, retries):.0%} of all retries failed for a reason that may pass."
    )
