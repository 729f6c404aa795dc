"""What changed as a picture: the old and the new flow side by side, or the new one alone.

Alone when the flow is the same and only fields differ (two equal pictures would make one look for a difference that
isn't there), and when more than 12 boxes a side would be too small to read; then what is gone has a frame of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diff_ux.drawing import Drawing, Frame, Mark, Marks, draw, find_neighbours
from diff_ux.safe_text import code_span, table_cell
from workflow import (
    Added,
    Graph,
    GraphChange,
    Moved,
    Removed,
    Renamed,
    Workflow,
    build_graph,
    pair_steps,
)

_MAX_SIDE_BY_SIDE = 12
_MAX_BOXES = 80
_MAX_ARROWS = 400
_MAX_BYTES = 40_000
_MAX_ROWS = 100

_ARROW = re.compile(r'^n(\d+) -->(?:\|"[^"]*"\|)? n(\d+)$', re.MULTILINE)

_STRENGTH = (Mark.ADDED, Mark.REMOVED, Mark.MOVED, Mark.CHANGED)


def draw_change(before: Workflow, after: Workflow, changes: Sequence[GraphChange]) -> str:
    """Return Mermaid text, a Markdown table when the picture would be too large, `""` when no step is touched.

    At most 80 boxes, 400 arrows and 40 kB.
    """
    # Here, because mermaid-py takes long to import and many callers never draw.
    from diff_ux.flowchart import to_mermaid

    marked = _Marked.of(before, after, changes)
    if not marked.old and not marked.new:
        return ""
    drawing = _compose(marked)
    if len(drawing.boxes()) <= _MAX_BOXES and len(drawing.arrows) <= _MAX_ARROWS:
        text = to_mermaid(drawing)
        if len(text.encode()) <= _MAX_BYTES:
            return text
    return _table(marked)


def compose_drawing(
    before: Workflow, after: Workflow, changes: Sequence[GraphChange]
) -> Drawing | None:
    """Return what `draw_change` writes down, however large; None when no step is touched."""
    marked = _Marked.of(before, after, changes)
    return _compose(marked) if marked.old or marked.new else None


def is_table(picture: str) -> bool:
    """Whether `draw_change` returned a Markdown table instead of Mermaid text."""
    return picture.startswith(_TOO_LARGE)


def count_rows(picture: str) -> int:
    """Count the boxes on the longest way down a picture that `draw_change` made; 0 for a table."""
    rows: dict[int, int] = {}
    for source, target in sorted(tuple(map(int, ends)) for ends in _ARROW.findall(picture)):
        if source < target:
            rows[target] = max(rows.get(target, 1), rows.get(source, 1) + 1)
    return max(rows.values(), default=0 if is_table(picture) else 1)


@dataclass(frozen=True, slots=True)
class _Marked:
    """Both versions, which step is which, and how each one changed."""

    before: Workflow
    after: Workflow
    pairs: Mapping[str, str]
    old: Marks
    new: Marks

    @classmethod
    def of(cls, before: Workflow, after: Workflow, changes: Sequence[GraphChange]) -> "_Marked":
        pairs = pair_steps(before.nodes, after.nodes)
        return cls(before, after, pairs, *_mark(changes, pairs))


def _mark(
    changes: Sequence[GraphChange], pairs: Mapping[str, str]
) -> tuple[dict[str, Mark], dict[str, Mark]]:
    """Return the marks of the old and of the new steps; the strongest one of a step wins."""
    old: dict[str, Mark] = {}
    new: dict[str, Mark] = {}
    for mark in reversed(_STRENGTH):
        for change in changes:
            if _mark_of(change) is not mark:
                continue
            if mark is Mark.REMOVED:
                old[change.subject.id] = mark
                continue
            for step_id in _touched(change):
                new[step_id] = mark
                if step_id in pairs:
                    old[pairs[step_id]] = mark
    return old, new


def _mark_of(change: GraphChange) -> Mark:
    match change:
        case Added(subject=subject) if subject.kind == "step":
            return Mark.ADDED
        case Removed(subject=subject) if subject.kind == "step":
            return Mark.REMOVED
        case Moved() | Renamed() if change.subject.kind == "step":
            return Mark.MOVED
        case _:
            return Mark.CHANGED


def _touched(change: GraphChange) -> list[str]:
    if change.subject.kind == "step":
        return [change.subject.id]
    return [] if isinstance(change, Removed) else [step.step_id for step in change.users]


def _compose(marked: _Marked) -> Drawing:
    before, after, pairs = build_graph(marked.before), build_graph(marked.after), marked.pairs
    old_shown, new_shown = find_neighbours(before, marked.old), find_neighbours(after, marked.new)
    both_old = old_shown | {pairs[new] for new in new_shown if new in pairs}
    both_new = new_shown | {new for new, old in pairs.items() if old in old_shown}
    old = draw(before, marked.old, both_old, prefix="before/")
    new = draw(after, marked.new, both_new, prefix="after/")
    only_fields = {*marked.old.values(), *marked.new.values()} == {Mark.CHANGED}
    if only_fields and _is_same_flow(before, after, pairs):
        return new
    if max(len(old.boxes()), len(new.boxes())) <= _MAX_SIDE_BY_SIDE:
        # Mermaid places frames that nothing connects from right to left.
        sides = (Frame(new.items, "After"), Frame(old.items, "Before"))
        return Drawing(sides, new.arrows + old.arrows)
    gone = tuple(box for box in old.boxes() if box.mark is Mark.REMOVED)
    return Drawing((*new.items, *((Frame(gone, "Removed"),) if gone else ())), new.arrows)


def _is_same_flow(before: Graph, after: Graph, pairs: Mapping[str, str]) -> bool:
    """Whether the same arrows lead from step to step: a state's transitions and a branch's name are fields."""
    now = {(pairs[one.source], pairs[one.target], one.kind, one.label) for one in after.edges}
    return now == {(one.source, one.target, one.kind, one.label) for one in before.edges}


_TOO_LARGE = "_Too large to draw"


def _table(marked: _Marked) -> str:
    gone = [node for node in marked.before.nodes if marked.old.get(node.step_id) is Mark.REMOVED]
    told = [node for node in marked.after.nodes if node.step_id in marked.new]
    touched = [(Mark.REMOVED, node) for node in gone]
    touched += [(marked.new[node.step_id], node) for node in told]
    rows = [
        f"| {mark.value} | {table_cell(code_span(node.step_id))} | {code_span(node.kind)} |"
        for mark, node in touched[:_MAX_ROWS]
    ]
    more = [f"| ⋯ | {len(touched) - _MAX_ROWS} more | |"] if len(touched) > _MAX_ROWS else []
    head = f"{_TOO_LARGE}: {len(touched)} steps change._\n\n|   | step | kind |\n|---|---|---|\n"
    return head + "\n".join([*rows, *more]) + "\n"
