"""Finds fallbacks that do the work: the step they stand in for fails most of the time."""

from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import benjamini_hochberg, binomial_tail, wilson_bounds
from telemetry import StepRun
from workflow import StepNode

KIND: Final = "busy_fallback"

_MOST = 0.5
_FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class _Busy:
    first: StepSample
    fallback: StepSample
    used: int

    @property
    def executions(self) -> int:
        return len(self.first.executions)

    @property
    def p_value(self) -> float:
        return binomial_tail(self.used, self.executions, _MOST)


def find_busy_fallbacks(window: Window) -> list[Opportunity]:
    """Return steps whose fallback surely runs in more than half of their executions, in document order.

    By a binomial test corrected for the number of steps with a fallback. It may be meant: a cheap step first and a dear
    one for the rest costs less than the dear one alone. Costs and success of both are among the numbers.
    """
    looked_at = [
        _Busy(first, fallback, _count_failed(first))
        for node in window.workflow.nodes
        if (first := _first_of(node, window)) and (fallback := window.sample(node.step_id))
    ]
    proven = benjamini_hochberg([one.p_value for one in looked_at], q=_FALSE_DISCOVERIES)
    return [
        _describe(one, window, sure=window.enough and sure)
        for one, sure in zip(looked_at, proven, strict=True)
        if one.used > _MOST * one.executions
    ]


def fallback_of(node: StepNode, window: Window) -> StepNode | None:
    """Return the step that takes a step's place when it has failed."""
    pointer = f"{node.pointer}/fallback"
    return next((other for other in window.workflow.nodes if other.pointer == pointer), None)


def _first_of(node: StepNode, window: Window) -> StepSample | None:
    """Return what was seen of the step whose fallback this is."""
    parent = window.workflow.node(node.parent_id) if node.parent_id else None
    if parent is None or node.pointer != f"{parent.pointer}/fallback":
        return None
    return window.sample(parent.step_id)


def _count_failed(sample: StepSample) -> int:
    """A cancelled execution has no error class, and no fallback either."""
    return sum(bool(execution.error_class) for execution in sample.executions)


def _describe(found: _Busy, window: Window, *, sure: bool) -> Opportunity:
    share = found.used / found.executions
    name = found.fallback.node.name
    return tell_step(
        window,
        KIND,
        found.first.node,
        f" fails in {share:.0%} of its executions, and its fallback {name} takes over",
        {
            "executions": float(found.executions),
            "fallback_share": share,
            "fallback_share_low": wilson_bounds(found.used, found.executions)[0],
            "cost_usd": _mean_usd(found.first),
            "fallback_cost_usd": _mean_usd(found.fallback),
            "latency_s": _mean_s(found.first.executions),
            "fallback_latency_s": _mean_s(found.fallback.executions),
            "fallback_failure_rate": _count_failed(found.fallback) / len(found.fallback.executions),
        },
        p_value=found.p_value,
        runs_needed=0 if sure else max(1, window.more_runs(found.used, found.executions, _MOST)),
    )


def _mean_usd(sample: StepSample) -> float:
    return float(sum(one.cost_usd for one in sample.executions)) / len(sample.executions)


def _mean_s(executions: tuple[StepRun, ...]) -> float:
    return sum(one.latency_ms for one in executions) / 1000 / len(executions)
