"""Neighbouring steps that don't need each other: what could run at once, by the data flow alone."""

from collections.abc import Iterator

from workflow import DataFlow, StepNode, Workflow

_AT_ONCE = frozenset({"parallel", "dynamic_router", "map"})


def list_independent_groups(workflow: Workflow, flow: DataFlow) -> Iterator[tuple[StepNode, ...]]:
    """Yield groups of two or more neighbours of which none notices another, in document order.

    None of them has effects, waits for a person or sets what another one sets, and nothing around them runs at once
    already. The first may read what came before it: it still will.
    """
    for block in _list_blocks(workflow):
        group: list[StepNode] = []
        for node in block:
            if _may_move(node, workflow, flow) and all(
                _are_apart(earlier, node, flow) for earlier in group
            ):
                group.append(node)
                continue
            if len(group) > 1:
                yield tuple(group)
            group = [node] if _may_move(node, workflow, flow) else []
        if len(group) > 1:
            yield tuple(group)


def _list_blocks(workflow: Workflow) -> Iterator[list[StepNode]]:
    blocks: dict[tuple[str, str], list[StepNode]] = {}
    for node in workflow.nodes:
        if not node.pointer.endswith("/fallback"):
            blocks.setdefault((node.parent_id, node.branch), []).append(node)
    for block in blocks.values():
        if len(block) > 1 and not _runs_at_once(block[0], workflow):
            yield block


def _runs_at_once(node: StepNode, workflow: Workflow) -> bool:
    parent = workflow.node(node.parent_id)
    while parent:
        if parent.kind in _AT_ONCE:
            return True
        parent = workflow.node(parent.parent_id)
    return False


def _may_move(node: StepNode, workflow: Workflow, flow: DataFlow) -> bool:
    inside = [workflow.node(step_id) for step_id in flow.inside(node.step_id)]
    return all(one is not None and _is_harmless(one) for one in inside) and not any(
        flow.steps[step_id].writes_context for step_id in flow.inside(node.step_id)
    )


def _is_harmless(node: StepNode) -> bool:
    if node.kind == "hitl" or node.uses.startswith("imports."):
        return False
    return node.kind != "step" or node.is_repeatable


def _are_apart(earlier: StepNode, later: StepNode, flow: DataFlow) -> bool:
    if flow.depends(later.step_id, earlier.step_id):
        return False
    return not _sets(earlier, flow) & _sets(later, flow)


def _sets(node: StepNode, flow: DataFlow) -> frozenset[str]:
    inside = [flow.steps[step_id] for step_id in flow.inside(node.step_id)]
    return frozenset[str]().union(*(one.sets for one in inside))
