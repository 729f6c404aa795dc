"""Which steps decide what else happens: their answers flow into a condition, a loop's exit or a policy.

To change what such a step answers is to change what the workflow does, whatever the key that does it is called. Like
the list of words for guards this only lowers trust: a name that stands in an expression counts as being read by it.
"""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from workflow import StepNode, Workflow

_WORDS = re.compile(r"[A-Za-z_][\w-]*")
_LAST_ANSWER = "previous_step"
_ASKED_AFTERWARDS = frozenset({"loop", "StateMachine"})
"""Kinds whose expressions are about what ran inside them."""


def decides(step: StepNode, workflow: Workflow) -> bool:
    """Whether an expression that chooses or forbids something may read the step's answer."""
    texts = [text for node in workflow.nodes for text in _list_expressions(node)]
    read = set(_WORDS.findall("\n".join([*texts, *_list_policies(workflow)])))
    if step.raw.get("updates_context") and "context" in read:
        return True
    named = {step.name, *_WORDS.findall(str(step.raw.get("sink_to") or ""))} - {"context"}
    if named & read:
        return True
    return any(_asks_for_the_last_answer(node) for node in _followers(step, workflow))


def _list_expressions(node: StepNode) -> Iterator[str]:
    yield str(node.raw.get("condition_expression") or "")
    yield str(_loop_of(node).get("exit_expression") or "")
    for transition in _list_objects(node.raw.get("transitions")):
        yield str(transition.get("when") or "")


def _list_policies(workflow: Workflow) -> Iterator[str]:
    for policy in _list_objects(workflow.document.get("policies")):
        yield f"{policy.get('when', '')}\n{policy.get('assert', '')}"


def _asks_for_the_last_answer(node: StepNode) -> bool:
    """A function that decides is given the last answer, and so is an expression that asks for it."""
    if node.raw.get("condition") or _loop_of(node).get("exit_condition"):
        return True
    return any(_LAST_ANSWER in text for text in _list_expressions(node))


def _followers(step: StepNode, workflow: Workflow) -> Iterator[StepNode]:
    """Yield the step behind this one in its sequence, and whatever it lies in that asks afterwards."""
    place = (step.parent_id, step.branch)
    sequence = [node for node in workflow.nodes if (node.parent_id, node.branch) == place]
    yield from sequence[sequence.index(step) + 1 :][:1]
    parent = workflow.node(step.parent_id)
    while parent is not None:
        if parent.kind in _ASKED_AFTERWARDS:
            yield parent
        parent = workflow.node(parent.parent_id)


def _loop_of(node: StepNode) -> dict[str, JsonValue]:
    loop = node.raw.get("loop")
    return loop if isinstance(loop, dict) else {}


def _list_objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]
