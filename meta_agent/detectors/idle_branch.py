"""Finds branches that no run ever took."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.statistics import wilson_bounds
from workflow import StepNode

KIND: Final = "idle_branch"

_CHOOSING: Final = frozenset({"conditional", "dynamic_router", "StateMachine"})
_MIN_CHOICES = 300
"""Fewer choices don't tell a branch that is dead from one that is rare."""


def find_idle_branches(window: Window) -> list[Opportunity]:
    """Return the first step of each branch that none of 300 or more choices led to, in document order.

    An opportunity to look, without a patch: what is rare may be what the branch is for, and it costs nothing to keep.
    """
    firsts = list(_list_branches(window))
    if not firsts:
        return []
    executed = Counter(step.step_id for run in window.runs for step in run.steps)
    return [
        _describe(node, parent, executed[parent.step_id], window)
        for parent, node in firsts
        if not executed[node.step_id] and executed[parent.step_id] >= _MIN_CHOICES
    ]


def _list_branches(window: Window) -> Iterator[tuple[StepNode, StepNode]]:
    """Yield each container that chooses with the first step of each of its branches."""
    seen = set()
    for node in window.workflow.nodes:
        parent = window.workflow.node(node.parent_id)
        place = (node.parent_id, node.branch)
        if parent and parent.kind in _CHOOSING and place not in seen:
            seen.add(place)
            yield parent, node


def _describe(node: StepNode, parent: StepNode, choices: int, window: Window) -> Opportunity:
    return tell_step(
        window,
        KIND,
        node,
        f": none of {choices} runs of {parent.step_id} took branch {node.branch}",
        {"choices": float(choices), "taken_rate_high": wilson_bounds(0, choices)[1]},
    )
