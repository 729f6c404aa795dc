"""Finds steps that wait for each other without need: they could run at once."""

from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import Window
from meta_agent.independence import list_independent_groups
from meta_agent.opportunity import Opportunity
from telemetry import Run
from workflow import StepNode

KIND: Final = "independent_steps"

_MIN_SHARE = 0.01
"""Less of a run's time nobody notices."""


@dataclass(slots=True)
class _Group:
    nodes: tuple[StepNode, ...]
    runs: int = 0
    """Runs in which more than one of them took place."""
    saved_ms: float = 0.0


def find_independent_steps(window: Window) -> list[Opportunity]:
    """Return the first step of each group of neighbours that could run at once and save a run 1 % of its time.

    What is saved is the sum of their times less the longest, run by run; that they don't need each other follows from
    the data flow. `enough` from the usual number of runs on.
    """
    groups = [_Group(nodes) for nodes in list_independent_groups(window.workflow, window.flow)]
    if not groups or not window.runs:
        return []
    member_of = {node.step_id: group for group in groups for node in group.nodes}
    for run in window.runs:
        _time(run, member_of)
    total_ms = sum(run.latency_ms for run in window.runs)
    return [
        _describe(group, window, group.saved_ms / total_ms)
        for group in groups
        if group.saved_ms > _MIN_SHARE * total_ms
    ]


def _time(run: Run, member_of: dict[str, _Group]) -> None:
    """Add what the run would have saved."""
    times: dict[int, dict[str, float]] = {}
    for step in run.steps:
        group = member_of.get(step.step_id)
        if group is not None:
            each_ms = times.setdefault(id(group), {})
            each_ms[step.step_id] = each_ms.get(step.step_id, 0.0) + step.latency_ms
    for each_ms in times.values():
        if len(each_ms) > 1:
            group = member_of[next(iter(each_ms))]
            group.runs += 1
            group.saved_ms += sum(each_ms.values()) - max(each_ms.values())


def _describe(group: _Group, window: Window, share: float) -> Opportunity:
    first, *others = group.nodes
    names = ", ".join(node.name for node in others)
    runs = len(window.runs)
    return tell_step(
        window,
        KIND,
        first,
        f" and {names} run one after the other and don't need each other: {share:.0%} of a run's time",
        {
            "steps": float(len(group.nodes)),
            "runs_with_both": float(group.runs),
            "saved_s_per_run": group.saved_ms / 1000 / runs,
            "saved_share": share,
        },
        runs_needed=window.missing_runs,
    )
