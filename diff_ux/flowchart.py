"""A drawing as Mermaid text, by mermaid-py's text classes behind our own ids and escaping.

Only classes that write text are imported: constructing `mermaid.Mermaid` would send the diagram to a public server.
"""

from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO

from diff_ux.drawing import Arrow, Box, Drawing, Frame, Mark
from diff_ux.labels import label

with redirect_stdout(StringIO()):  # importing mermaid-py prints a notice about IPython
    from mermaid.flowchart import FlowChart, Link, Node
    from mermaid.style import Style

SHAPES = {
    "step": "normal",
    "conditional": "rhombus",
    "dynamic_router": "rhombus",
    "parallel": "hexagon",
    "map": "parallelogram",
    "loop": "stadium-shape",
    "agentic_loop": "stadium-shape",
    "hitl": "trapezoid",
    "cache": "cylindrical",
    "tree_search": "double-circle",
    "StateMachine": "subroutine-shape",
    "": "round-edge",
}

_STYLES = {
    Mark.ADDED: Style("added", "#dafbe1", "#0a3622", stroke="#1a7f37", stroke_width="2px"),
    Mark.CHANGED: Style("changed", "#fff8c5", "#3b2300", stroke="#9a6700", stroke_width="2px"),
    Mark.FOLDED: Style(
        "folded", "#f6f8fa", "#57606a", stroke="#8c959f", other="stroke-dasharray:3"
    ),
    Mark.MOVED: Style("moved", "#ddf4ff", "#0a3069", stroke="#0969da", stroke_width="2px"),
    Mark.REMOVED: Style(
        "removed", "#ffebe9", "#67060c", stroke="#cf222e", other="stroke-dasharray:5"
    ),
}

_FRAME = Style("frame", "none", stroke="#8c959f")
"""One quiet look for all frames: Mermaid's own colours would seem to mean something."""

_TITLE_LINES = 3
"""mermaid-py begins with a title, which takes room and says nothing here."""


def to_mermaid(drawing: Drawing) -> str:
    """Return Mermaid text; boxes are `n0…` and frames `f0…` in order, classes sorted, every label escaped."""
    ids = {box.key: f"n{index}" for index, box in enumerate(drawing.boxes())}
    writer = _Writer(ids)
    nodes = [writer.item(item) for item in drawing.items]
    links = [writer.link(arrow) for arrow in drawing.arrows]
    script = FlowChart("", nodes, links, "TB").script
    lines = [line.strip() for line in script.splitlines()[_TITLE_LINES:]]
    return "\n".join([*lines, *_classes(drawing, ids), *writer.frame_classes()]) + "\n"


class _Writer:
    def __init__(self, ids: Mapping[str, str]) -> None:
        self._ids = ids
        self._frames = 0

    def item(self, item: Box | Frame) -> Node:
        if isinstance(item, Box):
            return self._box(item)
        name = f"f{self._frames}"
        self._frames += 1
        inside = [self.item(one) for one in item.items]
        return Node(name, label(item.title) or " ", sub_nodes=inside, direction="TB")

    def frame_classes(self) -> Iterator[str]:
        if self._frames:
            yield str(_FRAME)
            yield f"class {','.join(f'f{index}' for index in range(self._frames))} {_FRAME.name}"

    def link(self, arrow: Arrow) -> Link:
        ends = (Node(self._ids[key]) for key in (arrow.source, arrow.target))
        return Link(*ends, message=label(arrow.label))

    def _box(self, box: Box) -> Node:
        sign = f"{box.mark.value} " if box.mark.value else ""
        shape = SHAPES.get(box.kind, "normal")
        return Node(self._ids[box.key], label(box.name or '""', prefix=sign), shape=shape)


def _classes(drawing: Drawing, ids: Mapping[str, str]) -> Iterator[str]:
    """mermaid-py keeps styles in a set, whose order changes from run to run; ours are sorted."""
    for mark, style in _STYLES.items():
        marked = [ids[box.key] for box in drawing.boxes() if box.mark is mark]
        if marked:
            yield str(style)
            yield f"class {','.join(marked)} {style.name}"
