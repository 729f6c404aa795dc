"""Finds steps that are asked the same again within a run: a cache would remember what they gave."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import benjamini_hochberg, binomial_tail, wilson_bounds
from telemetry import Outcome, Run, StepRun
from workflow import SideEffects, StepNode

KIND: Final = "repeated_inputs"

_TOLERATED_RATE = 0.02
_FALSE_DISCOVERIES = 0.05
_ITERATING: Final = frozenset({"map", "loop", "StateMachine"})
_ON_PURPOSE = 0.9
"""Where so many runs ask nothing but one question, several answers to it are wanted."""


@dataclass(slots=True)
class _Count:
    node: StepNode
    executions: int = 0
    repeated: int = 0
    saved_usd: float = 0.0
    saved_s: float = 0.0
    iterating_runs: int = 0
    monotonous_runs: int = 0

    @property
    def p_value(self) -> float:
        return binomial_tail(self.repeated, self.executions, _TOLERATED_RATE)

    @property
    def is_sampling(self) -> bool:
        """Whether the same question is asked again and again to hear more than one answer."""
        return self.monotonous_runs > _ON_PURPOSE * max(1, self.iterating_runs)


def find_repeated_inputs(window: Window) -> list[Opportunity]:
    """Return steps surely given an input again, in the same run, in more than 2 % of their executions.

    By a binomial test corrected for the number of steps. A run remembers nothing of the runs before it, so what repeats
    across runs doesn't count; nor do steps with effects, models asked in a loop, which may answer otherwise the next
    time, and steps asked nothing but one question, to hear several answers.
    """
    counts = {node.step_id: _Count(node) for node in _list_rememberable(window)}
    if not counts:
        return []
    for run in window.runs:
        _count_run(run, counts)
    looked_at = [one for one in counts.values() if one.repeated and not one.is_sampling]
    proven = benjamini_hochberg([one.p_value for one in looked_at], q=_FALSE_DISCOVERIES)
    return [
        _describe(one, window, sure=window.enough and sure)
        for one, sure in zip(looked_at, proven, strict=True)
        if one.repeated > _TOLERATED_RATE * one.executions
    ]


def _list_rememberable(window: Window) -> Iterator[StepNode]:
    for node in window.workflow.nodes:
        around = _around(node, window)
        if node.kind != "step" or "fallback" in node.raw or node.uses.startswith("imports."):
            continue
        if around & _ITERATING and "cache" not in around and _may_remember(node, around):
            yield node


def _around(node: StepNode, window: Window) -> set[str]:
    kinds = set()
    parent = window.workflow.node(node.parent_id)
    while parent:
        kinds.add(parent.kind)
        parent = window.workflow.node(parent.parent_id)
    return kinds


def _may_remember(node: StepNode, around: set[str]) -> bool:
    if node.side_effects is SideEffects.PURE:
        return True
    return node.side_effects is SideEffects.IDEMPOTENT and around & _ITERATING == {"map"}


def _count_run(run: Run, counts: dict[str, _Count]) -> None:
    hashes: dict[str, Counter[str]] = {}
    for step in run.steps:
        count = counts.get(step.step_id)
        if count is None or not step.input_hash or not step.attempts:
            continue
        count.executions += 1
        known = hashes.setdefault(step.step_id, Counter())
        if known[step.input_hash]:
            _add_repeat(count, step)
        if step.outcome is Outcome.OK:
            # Only what succeeded is remembered.
            known[step.input_hash] += 1
    for step_id, known in hashes.items():
        if known.total() > 1:
            counts[step_id].iterating_runs += 1
            counts[step_id].monotonous_runs += len(known) == 1


def _add_repeat(count: _Count, step: StepRun) -> None:
    count.repeated += 1
    count.saved_usd += float(step.cost_usd)
    count.saved_s += step.latency_ms / 1000


def _describe(found: _Count, window: Window, *, sure: bool) -> Opportunity:
    share = found.repeated / found.executions
    runs = len(window.runs)
    return tell_step(
        window,
        KIND,
        found.node,
        f" is asked the same again, within a run, in {share:.0%} of its executions",
        {
            "executions": float(found.executions),
            "repeated_share": share,
            "repeated_share_low": wilson_bounds(found.repeated, found.executions)[0],
            "saved_usd_per_run": found.saved_usd / runs,
            "saved_s_per_run": found.saved_s / runs,
        },
        p_value=found.p_value,
        runs_needed=0
        if sure
        else max(1, window.more_runs(found.repeated, found.executions, _TOLERATED_RATE)),
    )
