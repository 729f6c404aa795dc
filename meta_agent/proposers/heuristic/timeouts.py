"""Proposes the timeout of least expected cost."""

from dataclasses import replace

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import plain_number, set_knob, word_title
from meta_agent.proposers.heuristic.patience import (
    HUMAN_SECONDS,
    Patience,
    choose_timeout,
    describe_patience,
)
from meta_agent.proposers.heuristic.retry_value import value_success
from meta_agent.proposers.heuristic.settings import ProposerSettings


def propose_timeouts(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that sets the timeout of least cost, and where that is a bold cut, the boldest modest one.

    None where no other timeout would cost less.
    """
    sample = window.sample(opportunity.step_id)
    patience = describe_patience(sample) if sample else None
    if sample is None or patience is None:
        return []
    # Where a fallback takes over, a needless cut doesn't cost a success but what the fallback costs.
    success_usd = value_success(sample, window, settings.roi)
    roi = replace(settings.roi, value_per_success_usd=success_usd)
    best_s = choose_timeout(patience, sample.timeout_s, roi)
    if best_s is None:
        return []
    chosen = [best_s]
    modest_s = sample.timeout_s / settings.max_timeout_cut if sample.timeout_s else 0.0
    if best_s < modest_s:
        chosen += [step_s for step_s in HUMAN_SECONDS if step_s >= modest_s][:1]
    return [_propose(opportunity, sample, patience, timeout_s) for timeout_s in chosen]


def _propose(
    opportunity: Opportunity, sample: StepSample, patience: Patience, timeout_s: float
) -> Candidate:
    patch_class, title = _word(sample, timeout_s)
    return Candidate(
        opportunity=opportunity,
        patch=set_knob(sample.node, "timeout_s", plain_number(timeout_s)),
        title=title,
        rationale=_explain(sample, patience, timeout_s),
        source="heuristic:timeouts",
        patch_class=patch_class,
    )


def _word(sample: StepSample, best_s: float) -> tuple[str, str]:
    step_id, present_s = sample.node.step_id, sample.timeout_s
    if present_s is None:
        return "timeout_add", word_title("Stop", step_id, f"after {best_s:g} s")
    change = f"from {present_s:g} s to {best_s:g} s"
    if best_s < present_s:
        return "timeout_down", word_title("Lower timeout of", step_id, change)
    return "timeout_up", word_title("Raise timeout of", step_id, change)


def _explain(sample: StepSample, patience: Patience, best_s: float) -> str:
    tail = patience.tail
    present = "no limit" if sample.timeout_s is None else f"{sample.timeout_s:g} s"
    return (
        f"Half of the healthy attempts end within {tail.quantile(0.5):.3g} s and 99 % within "
        f"{tail.quantile(0.99):.3g} s; {best_s:g} s stops {patience.needless_cuts(best_s):.2%} of them. "
        f"That is by {patience.latency_s.size} attempts under {present}."
    )
