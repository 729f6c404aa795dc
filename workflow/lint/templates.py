"""Templates must compile, and the steps they take from must exist."""

from collections.abc import Iterator

from pydantic import JsonValue

from workflow.findings import Finding, find_dangling
from workflow.lint.draft import Draft
from workflow.nodes import StepNode
from workflow.templates import Slot, TemplateError, slots_of

_TEMPLATE_SKILL = "flujo.text.template"


def check_templates(draft: Draft) -> Iterator[Finding]:
    """Find templates that don't compile or name a step that isn't there."""
    names = {node.name for node in draft.nodes}
    for node in draft.nodes:
        for place, value in _templates_of(node):
            pointer = f"{node.pointer}/{place}"
            try:
                slots = slots_of(value)
            except TemplateError as error:
                yield Finding("bad-template", pointer, str(error))
                continue
            for name in _steps_named(slots):
                if name not in names:
                    yield find_dangling(name, pointer, names, "step")


def _templates_of(node: StepNode) -> Iterator[tuple[str, JsonValue]]:
    yield "input", node.raw.get("input")
    inner = node.raw.get("map")
    if isinstance(inner, dict):
        yield "map/iterable_input", inner.get("iterable_input")
    agent = node.raw.get("agent")
    if node.uses == _TEMPLATE_SKILL and isinstance(agent, dict):
        params = agent.get("params")
        yield "agent/params/text", params.get("text") if isinstance(params, dict) else None


def _steps_named(slots: tuple[Slot, ...]) -> Iterator[str]:
    for slot in slots:
        if slot.root == "steps" and slot.path:
            yield str(slot.path[0])
