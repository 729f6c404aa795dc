"""Proposes a limit on output tokens that only answers which run away will meet."""

import math

from meta_agent.candidate import Candidate
from meta_agent.detectors.loose_token_limit import is_loose
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import round_tokens, set_knob, word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from meta_agent.token_use import TokenUse, measure_tokens


def propose_token_limits(
    opportunity: Opportunity, window: Window, settings: ProposerSettings
) -> list[Candidate]:
    """Return the lowest safe limit, and where that is a bold cut, the boldest modest one; none without a tail."""
    sample = window.sample(opportunity.step_id)
    use = measure_tokens(sample, window) if sample else None
    if sample is None or use is None or not math.isfinite(use.most_needed):
        return []
    # Detectors don't look at rare extremes; a long answer among them that was good is needed all the same.
    if not is_loose(sample.max_tokens, use):
        return []
    present = math.inf if sample.max_tokens is None else sample.max_tokens
    limits = [round_tokens(use.most_needed)]
    if sample.max_tokens is not None:
        modest = round_tokens(sample.max_tokens / settings.max_token_cut)
        limits += [modest] if limits[0] < modest else []
    return [_propose(opportunity, sample, use, limit) for limit in limits if limit < present]


def _propose(opportunity: Opportunity, sample: StepSample, use: TokenUse, limit: int) -> Candidate:
    return Candidate(
        opportunity=opportunity,
        patch=set_knob(sample.node, "max_tokens", limit),
        title=word_title("Cap", sample.node.step_id, f"at {limit} output tokens"),
        rationale=(
            f"Of {use.count} answers 99 % have at most {use.quantile(0.99):.0f} tokens, and fewer than one in "
            f"10,000 needs more than {use.most_needed:.0f} by an upper bound of the tail; "
            f"{use.ran_away or 'none'} ran away, to end at the limit or come to nothing."
        ),
        source="heuristic:token_limits",
        patch_class="token_cap",
    )
