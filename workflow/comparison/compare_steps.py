"""Compares the steps of two versions, each with its own fields; children of a container are steps of their own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workflow.comparison.changes import GraphChange, Subject
from workflow.comparison.entries import Entry, LineOf, added, changed, moved, removed, renamed
from workflow.comparison.outline import Path, own_fields
from workflow.comparison.pairing import Pairs, find_moved, lie_together, pair_steps
from workflow.load import Workflow
from workflow.nodes import StepNode
from workflow.patches.pointer import locate, parse_pointer

_NAME_KEYS = frozenset({"name", "step"})


def compare_steps(
    before: Workflow, after: Workflow, old_line: LineOf, new_line: LineOf
) -> Iterator[GraphChange]:
    """Tell the steps' changes in document order, a removed step after the one it followed."""
    both = _Both(
        pairs=pair_steps(before.nodes, after.nodes),
        old=_entries(before, old_line),
        new=_entries(after, new_line),
    )
    movers = _find_movers(both)
    gone = _removed_after(both)
    yield from (removed(entry) for entry in gone.get("", ()))
    for step_id, entry in both.new.items():
        yield from _compare_step(both, step_id, entry, movers)
        yield from (removed(one) for one in gone.get(step_id, ()))


@dataclass(frozen=True, slots=True)
class _Both:
    pairs: Pairs
    old: Mapping[str, Entry]
    new: Mapping[str, Entry]


def _entries(workflow: Workflow, line_of: LineOf) -> dict[str, Entry]:
    children: dict[str, list[StepNode]] = {}
    for node in workflow.nodes:
        children.setdefault(node.parent_id, []).append(node)
    return {
        node.step_id: Entry(
            subject=Subject("step", node.step_id),
            value=dict(node.raw),
            own=own_fields(dict(node.raw), _paths_inside(node, children.get(node.step_id, ()))),
            parts=locate(workflow.document, node.pointer),
            line_of=line_of,
            step=node,
        )
        for node in workflow.nodes
    }


def _paths_inside(node: StepNode, children: Sequence[StepNode]) -> list[Path]:
    depth = len(parse_pointer(node.pointer))
    return [tuple(parse_pointer(child.pointer))[depth:] for child in children]


def _compare_step(
    both: _Both, step_id: str, entry: Entry, movers: frozenset[str]
) -> Iterator[GraphChange]:
    if step_id not in both.pairs:
        yield added(entry)
        return
    old = both.old[both.pairs[step_id]]
    is_renamed = _step(old).name != _step(entry).name
    if is_renamed:
        yield renamed(old, entry)
    if step_id in movers:
        together = lie_together(_step(old), _step(entry), both.pairs)
        yield moved(old, entry, is_reordering=together)
    yield from changed(old, entry, ignore=_NAME_KEYS if is_renamed else frozenset())


def _find_movers(both: _Both) -> frozenset[str]:
    """Return the steps in another container or branch, and the fewest that explain a new order among the others."""
    movers: set[str] = set()
    levels: dict[tuple[str, str], list[str]] = {}
    for step_id, entry in both.new.items():
        if step_id not in both.pairs:
            continue
        old, new = _step(both.old[both.pairs[step_id]]), _step(entry)
        if lie_together(old, new, both.pairs):
            levels.setdefault((new.parent_id, new.branch), []).append(step_id)
        else:
            movers.add(step_id)
    positions = {old_id: index for index, old_id in enumerate(both.old)}
    for level in levels.values():
        strays = find_moved([positions[both.pairs[step_id]] for step_id in level])
        movers.update(level[index] for index in strays)
    return frozenset(movers)


def _removed_after(both: _Both) -> dict[str, list[Entry]]:
    """Group the removed steps by the surviving step, under its new `step_id`, that they followed."""
    survivors = {old: new for new, old in both.pairs.items()}
    groups: dict[str, list[Entry]] = {}
    last = ""
    for old_id, entry in both.old.items():
        if old_id in survivors:
            last = survivors[old_id]
        else:
            groups.setdefault(last, []).append(entry)
    return groups


def _step(entry: Entry) -> StepNode:
    assert entry.step is not None
    return entry.step
