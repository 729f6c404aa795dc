"""Proposes a description of a step, put together from what the spec says of it; no model is asked."""

import re
from typing import Final

from meta_agent.candidate import Candidate
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.proposers.heuristic.knobs import word_title
from meta_agent.proposers.heuristic.settings import ProposerSettings
from workflow import BUILT_IN_SKILLS, SideEffects, StepNode, Workflow, parse_patch

_MAX_CHARS = 300
_PLAIN: Final = re.compile(r"[A-Za-z0-9 _.,:;()'/-]+")
_EFFECTS: Final = {
    SideEffects.PURE: "It has no side effects.",
    SideEffects.IDEMPOTENT: "It may be repeated without harm.",
    SideEffects.EFFECT: "It has effects outside of the run.",
    SideEffects.UNKNOWN: "Its side effects aren't declared.",
}


def propose_descriptions(
    opportunity: Opportunity, window: Window, _settings: ProposerSettings
) -> list[Candidate]:
    """Return the patch that adds a description.

    None for a step whose description a model may read, or whose text would need more than plain words.
    """
    node = window.workflow.node(opportunity.step_id)
    if node is None or not _is_for_people(node):
        return []
    text = _describe(node, window.workflow)
    if not _PLAIN.fullmatch(text) or len(text) > _MAX_CHARS or "://" in text:
        return []
    op = "replace" if "description" in node.raw else "add"
    return [
        Candidate(
            opportunity=opportunity,
            patch=parse_patch([{"op": op, "path": f"{node.pointer}/description", "value": text}]),
            title=word_title("Describe", node.step_id, "as the spec has it"),
            rationale="Its neighbours are described, it isn't. The text says what the spec says, no more.",
            source="heuristic:descriptions",
            patch_class="documentation",
            structural=True,
        )
    ]


def _describe(node: StepNode, workflow: Workflow) -> str:
    return f"{_what(node)}{_order(node, workflow)} {_EFFECTS[node.side_effects]}"


def _is_for_people(node: StepNode) -> bool:
    """Whether only people read the step's description: that of a step which asks a model may be a prompt."""
    asks = node.model or node.uses.startswith(("agents.", "imports."))
    return node.kind == "step" and bool(node.uses) and not asks


def _what(node: StepNode) -> str:
    built_in = BUILT_IN_SKILLS.get(node.uses)
    if built_in and built_in.description:
        return f"{built_in.description.rstrip('.')} ({node.uses})."
    return f"Calls {node.uses}."


def _order(node: StepNode, workflow: Workflow) -> str:
    """Say which step comes before it in the same list."""
    siblings = [
        other
        for other in workflow.nodes
        if (other.parent_id, other.branch) == (node.parent_id, node.branch)
    ]
    place = siblings.index(node)
    return f" Runs after {siblings[place - 1].name}." if place else ""
