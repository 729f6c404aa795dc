"""Patches that put steps into a container: the steps move as they stand, and the tests' mocks go with them."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from workflow import DataFlow, JsonPatch, StepNode, Workflow, format_pointer, parse_patch

_Operation = dict[str, JsonValue]


def wrap_in_cache(node: StepNode, workflow: Workflow, flow: DataFlow) -> JsonPatch | None:
    """Return the patch that lets a cache remember what a step gave; None where something knows the step by its id."""
    name = find_free_name(f"{node.name}_once", workflow)
    moved = {step_id: _below(name, node, step_id) for step_id in flow.inside(node.step_id)}
    if _is_scored(moved, workflow):
        return None
    wrapper: _Operation = {"name": name, "kind": "cache", "wrapped_step": dict(node.raw)}
    operation: _Operation = {"op": "replace", "path": node.pointer, "value": wrapper}
    return parse_patch([operation, *_move_mocks(moved, workflow)])


def wrap_in_parallel(
    nodes: Sequence[StepNode], workflow: Workflow, flow: DataFlow
) -> JsonPatch | None:
    """Return the patch that runs neighbours at once; what comes after them reads what it read before.

    A step behind them that takes what came before it goes on getting what the last of them gave. None where they don't
    stand in a list, or something knows one of them by its id.
    """
    first, last = nodes[0], nodes[-1]
    place = _split(first.pointer)
    joined = "_and_" if len(nodes) == 2 else "_to_"
    name = find_free_name(f"{first.name}{joined}{last.name}", workflow)
    moved = {
        step_id: _below(f"{name}/{_escape(node.name)}", node, step_id)
        for node in nodes
        for step_id in flow.inside(node.step_id)
    }
    if place is None or _is_scored(moved, workflow):
        return None
    wrapper: _Operation = {"name": name, "kind": "parallel", "reduce": "last"}
    if any(flow.steps[step_id].sets for step_id in moved):
        wrapper["merge_strategy"] = "context_update"
    wrapper["branches"] = {node.name: dict(node.raw) for node in nodes}
    block, index = place
    # Behind the group, so that the comments before its steps come to stand before the container.
    added: _Operation = {"op": "add", "path": f"{block}/{index + len(nodes)}", "value": wrapper}
    removed: _Operation = {"op": "remove", "path": first.pointer}
    operations = [added, *(removed for _ in nodes)]
    return parse_patch([*operations, *_move_mocks(moved, workflow)])


def find_free_name(wanted: str, workflow: Workflow) -> str:
    """Return a name that no step bears, the wanted one if it is free."""
    taken = {node.name for node in workflow.nodes}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _split(pointer: str) -> tuple[str, int] | None:
    """Return the list a step stands in and its place there; None for one that stands alone."""
    block, _, index = pointer.rpartition("/")
    return (block, int(index)) if index.isdecimal() else None


def _move(source: str, target: str) -> _Operation:
    return {"op": "move", "from": source, "path": target}


def _below(wrapper: str, node: StepNode, step_id: str) -> str:
    """Return what a step, the moved one or one inside it, is called once that stands below the wrapper."""
    around = node.step_id.rpartition("/")[0]
    inside = step_id[len(node.step_id) :]
    return "/".join(filter(None, [around, wrapper, _escape(node.name)])) + inside


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _is_scored(moved: Iterable[str], workflow: Workflow) -> bool:
    return workflow.document.get("score") in set(moved)


def _move_mocks(moved: dict[str, str], workflow: Workflow) -> Iterator[_Operation]:
    """Let each mock of a moved step answer for it under its new id."""
    for number, test in enumerate(workflow.spec.tests):
        for step_id in test.mocks:
            if step_id in moved:
                mocks = format_pointer(["tests", number, "mocks"])
                source, target = format_pointer([step_id]), format_pointer([moved[step_id]])
                yield _move(f"{mocks}{source}", f"{mocks}{target}")
