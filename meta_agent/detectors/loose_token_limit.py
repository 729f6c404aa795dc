"""Finds limits on output tokens far above what answers need, or none: answers that run away are paid in full."""

from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import wilson_bounds
from meta_agent.token_use import TokenUse, measure_tokens

KIND: Final = "loose_token_limit"

_FAR_ABOVE = 8.0
"""Where no answer ran away a limit is an insurance: it must be this many times too high to be worth a word."""
_ABOVE_RUNAWAYS = 2.0
_RARE = 0.1
"""Where more answers than this run away, long answers are what the step gives."""
_MIN_ANSWERS = 100
"""An extreme quantile can't be told from fewer."""


@dataclass(frozen=True, slots=True)
class _Loose:
    sample: StepSample
    use: TokenUse


def find_loose_token_limits(window: Window) -> list[Opportunity]:
    """Return steps whose answers may be far longer than an upper bound of what they need, in document order.

    A `max_tokens` eight times as high, or twice where some answers run away: fewer than one in ten, which end at the
    limit, or lie far beyond the tail of the others and surely mostly come to nothing. No limit at all counts where some
    do. Long answers that are good are needed. Below 100 answers `enough` is false.
    """
    looked_at = [
        _Loose(sample, measure_tokens(sample, window))
        for sample in window.samples
        if sample.node.model and sample.output_tokens
    ]
    return [_describe(one, window) for one in looked_at if is_loose(one.sample.max_tokens, one.use)]


def is_loose(limit: int | None, use: TokenUse) -> bool:
    """Whether a limit is far above what answers need, as the detector has it."""
    if use.ran_away > _RARE * use.count:
        return False
    if limit is None:
        return bool(use.ran_away)
    return limit >= (_ABOVE_RUNAWAYS if use.ran_away else _FAR_ABOVE) * use.most_needed


def _describe(found: _Loose, window: Window) -> Opportunity:
    use, limit = found.use, found.sample.max_tokens
    missing = max(0, _MIN_ANSWERS - use.count)
    may = "without limit" if limit is None else f"with {limit} tokens"
    ran_away = f", and {use.ran_away} of {use.count} ran away" if use.ran_away else ""
    return tell_step(
        window,
        KIND,
        found.sample.node,
        f" may answer {may}, where hardly any answer needs {use.most_needed:.0f}{ran_away}",
        {
            "max_tokens": float(limit or 0),
            "answers": float(use.count),
            "p50_output_tokens": use.quantile(0.5),
            "p99_output_tokens": use.quantile(0.99),
            "most_needed_tokens": use.most_needed,
            "ran_away_rate": use.ran_away / use.count,
            "ran_away_rate_high": wilson_bounds(use.ran_away, use.count)[1],
            "wasted_tokens_per_run": use.wasted_tokens / len(window.runs),
        },
        p_value=0.05,
        runs_needed=max(window.missing_runs, -(-missing * len(window.runs) // use.count)),
    )
