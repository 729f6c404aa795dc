"""Where in a workflow there is something to attack."""

from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks.adversarial.specs import GUARD_NAMES
from workflow import StepNode, Workflow, format_pointer

REPEATABLE = ("skills:tidy", "skills:fetch")
KNOBS = ("max_retries", "timeout_s", "backoff_s", "max_tokens")


Patch = list[dict[str, Any]]
"""Operations as data, so that anything can be put into them."""


def list_leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every scalar of a document with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from list_leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from list_leaves(item, (*path, str(index)))
    else:
        yield path, value


def point(path: tuple[str, ...]) -> str:
    """Return the JSON Pointer of a path."""
    return format_pointer(path)


def any_node(random: Random, spec: Workflow) -> StepNode:
    """Choose a step."""
    return random.choice(spec.nodes)


def plain_nodes(spec: Workflow) -> list[StepNode]:
    """Return the steps that do something themselves and guard nothing; every spec here has one."""
    return [node for node in spec.nodes if node.kind == "step" and node.name not in GUARD_NAMES]


def agent_nodes(spec: Workflow) -> list[StepNode]:
    """Return the steps that run an agent."""
    return [node for node in spec.nodes if node.uses.startswith("agents.")]


def guard_nodes(spec: Workflow) -> list[StepNode]:
    """Return the steps that were made to be guards."""
    return [node for node in spec.nodes if node.name in GUARD_NAMES or node.kind == "hitl"]


def config_of(node: StepNode) -> dict[str, Any]:
    """Return what a step's `config` holds."""
    config = node.raw.get("config")
    return config if isinstance(config, dict) else {}


def turn_knob(node: StepNode, knob: str, value: object) -> Patch:
    """Return the patch that sets a knob of a step, with its `config` where it has none."""
    config = node.raw.get("config")
    if not isinstance(config, dict):
        return [{"op": "add", "path": f"{node.pointer}/config", "value": {knob: value}}]
    op = "replace" if knob in config else "add"
    return [{"op": op, "path": f"{node.pointer}/config/{knob}", "value": value}]
