"""Proposes to spend less on a costly step: a cheaper model, or an end to runaway answers."""

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import StepSample, Window, agent_of
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import set_knob, word_title
from meta_agent.proposers.heuristic.model_prices import learn_prices
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.statistics import quantile
from workflow import parse_patch

_WORTHWHILE = 0.9
"""A model must cost at most this share of the present one."""
_FAR_ABOVE = 4
"""A cap this many times the 99th percentile of use caps nothing."""
_RUNAWAY_SHARE = 0.05
"""Tokens beyond the cap must be at least this share of all output."""
_HEADROOM = 1.25
_HUMAN_STEP = 50


def propose_cheaper(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return a swap to each cheaper allowed model, cheapest first, then a cap on output tokens if it would bite."""
    sample = window.sample(opportunity.step_id)
    if sample is None or not sample.node.model:
        return []
    return [
        *_swap_models(opportunity, sample, window, settings),
        *_cap_tokens(opportunity, sample),
    ]


def _swap_models(
    opportunity: Opportunity, sample: StepSample, window: Window, settings: ProposerSettings
) -> list[Candidate]:
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
    return [_swap(opportunity, sample, agent, model, share) for share, model in sorted(cheaper)]


def _swap(
    opportunity: Opportunity, sample: StepSample, agent: str, model: str, share: float
) -> Candidate:
    pointer = agent.replace("~", "~0").replace("/", "~1")
    return Candidate(
        opportunity=opportunity,
        patch=parse_patch([{"op": "replace", "path": f"/agents/{pointer}/model", "value": model}]),
        title=word_title("Run", sample.node.step_id, f"on {model}")[:70],
        rationale=(
            f"At the same tokens {model} costs {share:.0%} of {sample.node.model}. "
            f"Every step that uses the agent {agent} changes with it; quality is for the replays to tell."
        ),
        source="heuristic:cheaper",
        patch_class="model_swap",
    )


def _cap_tokens(opportunity: Opportunity, sample: StepSample) -> list[Candidate]:
    outputs = sorted(a.output_tokens for a in sample.attempts if a.output_tokens)
    if not outputs:
        return []
    p99 = quantile(outputs[: -max(1, len(outputs) // 100)] or outputs, 0.99)
    cap = _round_up(_HEADROOM * p99)
    beyond = sum(max(0, tokens - cap) for tokens in outputs)
    present = sample.max_tokens
    if (present is not None and present < _FAR_ABOVE * p99) or beyond < _RUNAWAY_SHARE * sum(
        outputs
    ):
        return []
    return [
        Candidate(
            opportunity=opportunity,
            patch=set_knob(sample.node, "max_tokens", cap),
            title=word_title("Cap", sample.node.step_id, f"at {cap} output tokens"),
            rationale=(
                f"99 % of the answers need at most {p99:.0f} tokens; the few beyond {cap} make "
                f"{beyond / sum(outputs):.0%} of all output."
            ),
            source="heuristic:cheaper",
            patch_class="token_cap",
        )
    ]


def _mean_tokens(sample: StepSample) -> tuple[float, float]:
    answered = [a for a in sample.attempts if a.input_tokens or a.output_tokens]
    count = max(1, len(answered))
    return (
        sum(attempt.input_tokens for attempt in answered) / count,
        sum(attempt.output_tokens for attempt in answered) / count,
    )


def _round_up(tokens: float) -> int:
    return max(1, -(-int(tokens) // _HUMAN_STEP)) * _HUMAN_STEP
