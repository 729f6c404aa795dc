"""Finds easy steps that run on a model which costs real money: short answers, and hardly any that goes wrong."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import benjamini_hochberg, binomial_tail, quantile, wilson_bounds
from meta_agent.trouble import count_later_trouble, count_trouble

KIND: Final = "overpowered_model"

_MIN_SHARE = 0.05
"""Below this share of a run's money no swap is worth the doubt."""
_SHORT_TOKENS = 120
"""Nineteen answers in twenty are no longer: a class, a number, a line."""
_TOLERATED_RATE = 0.01
_FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class _Easy:
    sample: StepSample
    share: float
    p95_tokens: int
    troubled: int
    """Answers that were wrong, and those the next step choked on."""

    @property
    def executions(self) -> int:
        return len(self.sample.executions)

    @property
    def p_value(self) -> float:
        """P(as little trouble as this) if trouble were as frequent as is tolerated."""
        return binomial_tail(self.executions - self.troubled, self.executions, 1 - _TOLERATED_RATE)


def find_overpowered_models(window: Window) -> list[Opportunity]:
    """Return steps with a model, short answers and surely less than 1 % trouble, in document order.

    Trouble is an answer that is invalid, rejected or crashes, or on which the next step crashes or can't begin. By
    a binomial test corrected for the number of steps. What the runs can't say is whether a cheaper model would do as
    well: that is for a replay or a trial.
    """
    total_usd = sum((run.cost_usd for run in window.runs), Decimal(0))
    if not total_usd:
        return []
    later = count_later_trouble(window.runs)
    looked_at = [
        easy
        for sample in window.samples
        if (easy := _look_at(sample, total_usd, later)) is not None
    ]
    proven = benjamini_hochberg([one.p_value for one in looked_at], q=_FALSE_DISCOVERIES)
    return [
        _describe(one, window, sure=window.enough and sure)
        for one, sure in zip(looked_at, proven, strict=True)
        if one.troubled <= _TOLERATED_RATE * one.executions
    ]


def _look_at(sample: StepSample, total_usd: Decimal, later: Counter[str]) -> _Easy | None:
    if not sample.node.model:
        return None
    share = float(sample.cost_usd / total_usd)
    if not sample.output_tokens or share < _MIN_SHARE:
        return None
    p95 = int(quantile(sample.output_tokens, 0.95))
    if p95 > _SHORT_TOKENS:
        return None
    return _Easy(sample, share, p95, count_trouble(sample, later))


def _describe(found: _Easy, window: Window, *, sure: bool) -> Opportunity:
    node, calm = found.sample.node, found.executions - found.troubled
    return tell_step(
        window,
        KIND,
        node,
        f" is easy for {node.model}: {calm} of {found.executions} answers led to no trouble, "
        f"95 % have at most {found.p95_tokens} tokens, and it takes {found.share:.0%} of the money",
        {
            "share": found.share,
            "executions": float(found.executions),
            "trouble_rate": found.troubled / found.executions,
            "trouble_rate_high": wilson_bounds(found.troubled, found.executions)[1],
            "p95_output_tokens": float(found.p95_tokens),
        },
        p_value=found.p_value,
        runs_needed=0
        if sure
        else max(1, window.more_runs(calm, found.executions, 1 - _TOLERATED_RATE)),
    )
