"""Proposes cheaper models for an easy step."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.model_swaps import swap_models
from meta_agent.proposers.heuristic.settings import ProposerSettings


def propose_easier_models(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return a swap to each cheaper allowed model, cheapest first."""
    sample = window.sample(opportunity.step_id)
    if sample is None:
        return []
    numbers = opportunity.numbers
    because = (
        f"The step is easy: trouble in at most {numbers['trouble_rate_high']:.1%} of its "
        f"{numbers['executions']:.0f} executions (95 % bound), and answers of at most "
        f"{numbers['p95_output_tokens']:.0f} tokens nineteen times in twenty. "
    )
    return swap_models(opportunity, sample, window, settings, because=because)
