"""What a diagram shows, decided before any Mermaid is written: boxes, arrows and frames as plain data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from workflow import Edge, Graph, GraphNode


class Mark(Enum):
    """How a step changed: a sign as well as a colour, for whoever can't tell colours apart."""

    ADDED = "＋"
    REMOVED = "−"
    CHANGED = "~"
    MOVED = "↷"
    SAME = ""
    FOLDED = "⋯"


Marks = Mapping[str, Mark]
"""`step_id` → how that step changed; steps that aren't named stayed the same."""


@dataclass(frozen=True, slots=True)
class Box:
    """A step, or what stands for `folded` steps that stayed the same."""

    key: str
    name: str
    kind: str
    mark: Mark
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What belongs together: a container with its inside, a branch, or (with a title) one version of the flow.

    Containers have no title, since arrows would run through it: their first box bears the name.
    """

    items: "tuple[Box | Frame, ...]"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """Control may go from one box to the other; the label is the branch taken, if any."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One picture; arrows name boxes by key."""

    items: tuple[Box | Frame, ...]
    arrows: tuple[Arrow, ...]

    def boxes(self) -> tuple[Box, ...]:
        """Return every box at every depth, in order."""
        return tuple(_boxes(self.items))


def draw(graph: Graph, marks: Marks, shown: frozenset[str], *, prefix: str = "") -> Drawing:
    """Show some steps and the containers around them; the rest is folded to boxes that say how many they stand for.

    `prefix` goes before every key, so that two versions can share a picture.
    """
    layout = _Layout(graph, marks, _with_containers(graph, shown), prefix)
    items = tuple(layout.level([node for node in graph.nodes if not node.parent_id]))
    return Drawing(items, tuple(_arrows(graph.edges, layout.keys)))


def find_neighbours(graph: Graph, marks: Marks) -> frozenset[str]:
    """Return the marked steps and those one edge away from them."""
    marked = {node.step_id for node in graph.nodes if node.step_id in marks}
    hops = (
        end
        for edge in graph.edges
        if edge.source in marked or edge.target in marked
        for end in (edge.source, edge.target)
    )
    return frozenset(marked.union(hops))


def _with_containers(graph: Graph, shown: frozenset[str]) -> frozenset[str]:
    wider = set(shown)
    for node in reversed(graph.nodes):
        if node.step_id in wider and node.parent_id:
            wider.add(node.parent_id)
    return frozenset(wider)


@dataclass
class _Layout:
    """Lays out one level after the other; `keys` says which box stands for which step."""

    graph: Graph
    marks: Marks
    shown: frozenset[str]
    prefix: str
    keys: dict[str, str] = field(default_factory=dict)

    def level(self, nodes: list[GraphNode]) -> Iterator[Box | Frame]:
        run: list[GraphNode] = []
        for node in nodes:
            if node.step_id not in self.shown:
                run.append(node)
                continue
            yield from self._fold(run)
            run = []
            yield self._place(node)
        yield from self._fold(run)

    def _place(self, node: GraphNode) -> Box | Frame:
        key = self.prefix + node.step_id
        self.keys[node.step_id] = key
        mark = self.marks.get(node.step_id, Mark.SAME)
        if not node.children:
            return Box(key, node.name, node.kind, mark)
        return Frame((Box(key, f"{node.kind} {node.name}", node.kind, mark), *self._inside(node)))

    def _inside(self, node: GraphNode) -> Iterator[Box | Frame]:
        """Frame a branch when there is more than one thing in it; the arrow that leads there bears its name."""
        branches: dict[str, list[GraphNode]] = {}
        for child_id in node.children:
            child = self.graph.node(child_id)
            assert child is not None
            branches.setdefault(child.branch, []).append(child)
        for name, children in branches.items():
            items = tuple(self.level(children))
            yield from (Frame(items),) if name and len(items) > 1 else items

    def _fold(self, run: list[GraphNode]) -> Iterator[Box | Frame]:
        inside = list(self._with_descendants(run))
        if len(inside) == 1:
            yield self._place(run[0])
        elif inside:
            key = f"{self.prefix}{run[0].step_id}\0…"
            self.keys.update(dict.fromkeys(inside, key))
            yield Box(key, f"{len(inside)} unchanged", "", Mark.FOLDED, folded=len(inside))

    def _with_descendants(self, nodes: list[GraphNode]) -> Iterator[str]:
        for node in nodes:
            yield node.step_id
            children = [self.graph.node(child) for child in node.children]
            yield from self._with_descendants([child for child in children if child])


def _arrows(edges: tuple[Edge, ...], keys: Mapping[str, str]) -> Iterator[Arrow]:
    """Lead the edges from box to box; what happens inside a folded box isn't drawn."""
    seen: set[Arrow] = set()
    for edge in edges:
        arrow = Arrow(keys[edge.source], keys[edge.target], edge.label)
        is_inside = arrow.source == arrow.target and edge.source != edge.target
        if arrow not in seen and not is_inside:
            seen.add(arrow)
            yield arrow


def _boxes(items: tuple[Box | Frame, ...]) -> Iterator[Box]:
    for item in items:
        if isinstance(item, Box):
            yield item
        else:
            yield from _boxes(item.items)
