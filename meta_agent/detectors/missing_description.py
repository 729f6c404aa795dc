"""Finds steps without a description in specs that describe their steps."""

from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from workflow import StepNode

KIND: Final = "missing_description"

_MOST = 0.5
_MIN_STEPS = 2


def find_missing_descriptions(window: Window) -> list[Opportunity]:
    """Return the steps without a description where at least half of the steps have one, in document order.

    Counted, not inferred: where descriptions aren't the custom of a spec, none is missing.
    """
    nodes = window.workflow.nodes
    without = [node for node in nodes if not _is_described(node)]
    described = len(nodes) - len(without)
    if not window.runs or described < _MIN_STEPS or described < _MOST * len(nodes):
        return []
    return [
        tell_step(
            window,
            KIND,
            node,
            f" has no description, as {described} of {len(nodes)} steps have",
            {"described_steps": float(described), "steps": float(len(nodes))},
        )
        for node in without
    ]


def _is_described(node: StepNode) -> bool:
    description = node.raw.get("description")
    return isinstance(description, str) and bool(description.strip())
