"""Proposes cheaper models for a costly step."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.model_swaps import swap_models
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.statistics import quantile
from meta_agent.trouble import count_later_trouble, count_trouble

_LONG_TOKENS = 300
"""More than a paragraph."""
_TROUBLED = 0.005
"""Where more answers than this make trouble on the present model, a lesser one will make more."""


def propose_cheaper(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return a swap to each cheaper allowed model, cheapest first.

    None where the present model has its troubles, or writes at length: no run tells whether another writes as well.
    """
    sample = window.sample(opportunity.step_id)
    if sample is None or not sample.node.model:
        return []
    if sample.output_tokens and quantile(sample.output_tokens, 0.95) > _LONG_TOKENS:
        return []
    trouble = count_trouble(sample, count_later_trouble(window.runs))
    if trouble > _TROUBLED * len(sample.executions):
        return []
    return swap_models(opportunity, sample, window, settings)
