"""The steps of a draft as the tree they were written as: each with the blocks of steps inside it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from workflow.nodes import StepNode


@dataclass(slots=True, eq=False)
class Place:
    """A step and what is written inside it; the block of a loop, a map or a cache has no name (`""`)."""

    node: StepNode
    blocks: dict[str, list["Place"]] = field(default_factory=dict)
    fallback: "Place | None" = None

    @property
    def body(self) -> list["Place"]:
        """The steps of its nameless block."""
        return self.blocks.get("", [])

    @property
    def inside(self) -> Iterator["Place"]:
        """Every step directly below it, its fallback last."""
        for block in self.blocks.values():
            yield from block
        if self.fallback:
            yield self.fallback


def arrange(nodes: Iterable[StepNode]) -> list[Place]:
    """Return the top of the tree; the nodes come in document order, parents first."""
    top: list[Place] = []
    around: list[Place] = []
    for node in nodes:
        while around and not node.pointer.startswith(f"{around[-1].node.pointer}/"):
            around.pop()
        place = Place(node)
        if around:
            _put(place, around[-1])
        else:
            top.append(place)
        around.append(place)
    return top


def _put(place: Place, parent: Place) -> None:
    if place.node.pointer == f"{parent.node.pointer}/fallback":
        parent.fallback = place
    else:
        parent.blocks.setdefault(place.node.branch, []).append(place)
