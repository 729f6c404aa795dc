"""Swaps of a step's model for cheaper ones that the user allows."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window, agent_of
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.model_prices import learn_prices
from meta_agent.proposers.heuristic.settings import ProposerSettings
from workflow import format_pointer, parse_patch

_WORTHWHILE = 0.9
"""A model must cost at most this share of the present one."""


def swap_models(
    opportunity: Opportunity,
    sample: StepSample,
    window: Window,
    settings: ProposerSettings,
    *,
    because: str = "",
) -> list[Candidate]:
    """Return a swap to each allowed model that costs at most nine tenths as much at the same tokens, cheapest first.

    None for a step without an agent, or whose model has no price. `because` is said first in the rationale.
    """
    agent, _ = agent_of(sample.node, window.workflow)
    if not agent:
        return []
    prices = learn_prices(window.runs)
    tokens = _mean_tokens(sample)
    present_usd = prices.call_usd(sample.node.model, *tokens)
    if not present_usd:
        return []
    priced = (
        (prices.call_usd(model, *tokens), model)
        for model in settings.allowed_models
        if model != sample.node.model
    )
    cheaper = [
        (usd / present_usd, model)
        for usd, model in priced
        if usd is not None and usd <= _WORTHWHILE * present_usd
    ]
    return [
        _swap(opportunity, sample, model, because + _explain(sample, agent, model, share))
        for share, model in sorted(cheaper)
    ]


def _swap(opportunity: Opportunity, sample: StepSample, model: str, rationale: str) -> Candidate:
    agent = format_pointer([sample.node.uses.removeprefix("agents.")])
    return Candidate(
        opportunity=opportunity,
        patch=parse_patch([{"op": "replace", "path": f"/agents{agent}/model", "value": model}]),
        title=word_title("Run", sample.node.step_id, f"on {model}")[:70],
        rationale=rationale,
        source="heuristic:model_swaps",
        patch_class="model_swap",
    )


def _explain(sample: StepSample, agent: str, model: str, share: float) -> str:
    return (
        f"At the same tokens {model} costs {share:.0%} of {sample.node.model}. "
        f"Every step that uses the agent {agent} changes with it; quality is for the replays to tell."
    )


def _mean_tokens(sample: StepSample) -> tuple[float, float]:
    answered = [a for a in sample.attempts if a.input_tokens or a.output_tokens]
    count = max(1, len(answered))
    return (
        sum(attempt.input_tokens for attempt in answered) / count,
        sum(attempt.output_tokens for attempt in answered) / count,
    )
