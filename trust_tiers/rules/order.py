"""Two neighbours that have nothing to do with each other may change places, where that can be proved from the text."""

import re

from pydantic import JsonValue

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.guards import is_guard
from trust_tiers.verdicts import high, medium
from workflow import GraphChange, Moved, StepNode, Workflow

_SLOT = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_KNOWN_SLOT = re.compile(r"\s*(?:context|steps|input)(?:\.[A-Za-z_][\w-]*)+\s*(?:\|\s*[a-z]+\s*)*")
_STEP_REFERENCE = re.compile(r"steps\.([\w-]+)")


def swaps_neighbours(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Stage a swap of two adjacent steps when neither, nor what follows, can see the order."""
    if not isinstance(change, Moved):
        return None
    step_id = change.subject.id
    pair = _find_swapped_pair(change, comparison)
    if pair is None:
        return high(f"{step_id}: it moves farther than past one neighbour")
    first, second, follower = pair
    if follower is None or not _are_independent(first, second, follower, comparison.before):
        return high(
            f"{first.step_id}, {second.step_id}: it can't be shown that their order doesn't matter"
        )
    return medium(
        f"{first.step_id}, {second.step_id}: they change places and don't depend on each other"
    )


def _find_swapped_pair(
    change: Moved, comparison: Comparison
) -> tuple[StepNode, StepNode, StepNode | None] | None:
    """Return the two steps in their old order and the one that follows; None unless that swap is all that happened."""
    step = comparison.before.node(change.subject.id)
    if step is None or change.before_id != change.subject.id:
        return None
    before = _siblings(step, comparison.before)
    after = [sibling.step_id for sibling in _siblings(step, comparison.after)]
    old = [sibling.step_id for sibling in before]
    differing = [
        index for index, ids in enumerate(zip(old, after, strict=False)) if len(set(ids)) > 1
    ]
    if len(old) != len(after) or len(differing) != 2:
        return None
    left, right = differing
    if right != left + 1 or step.step_id not in (old[left], old[right]):
        return None
    return before[left], before[right], before[right + 1] if right + 1 < len(before) else None


def _siblings(step: StepNode, workflow: Workflow) -> list[StepNode]:
    place = (step.parent_id, step.branch)
    return [node for node in workflow.nodes if (node.parent_id, node.branch) == place]


def _are_independent(
    first: StepNode, second: StepNode, follower: StepNode, workflow: Workflow
) -> bool:
    pair = (first, second)
    if any(not step.is_repeatable or is_guard(step, workflow) for step in pair):
        return False
    if any(not _reads_only_named_outputs(step) for step in (*pair, follower)):
        return False
    if any(_does_more_than_answer(step) for step in pair):
        return False
    return not _reads(first, second) and not _reads(second, first)


def _reads_only_named_outputs(step: StepNode) -> bool:
    """Whether every value it reads is named: without an `input` it would read whatever ran before it."""
    text = step.raw.get("input")
    if step.kind != "step" or not isinstance(text, str) or "{%" in text:
        return False
    return all(_KNOWN_SLOT.fullmatch(slot) for slot in _SLOT.findall(text))


def _does_more_than_answer(step: StepNode) -> bool:
    return any(step.raw.get(field) for field in ("updates_context", "sink_to", "fallback"))


def _reads(reader: StepNode, other: StepNode) -> bool:
    text: JsonValue = reader.raw.get("input")
    return other.name in _STEP_REFERENCE.findall(str(text))
