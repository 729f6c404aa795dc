"""What the checks look at: a spec of the right shape whose meaning is still in doubt."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workflow.diagnostics.findings import Finding
from workflow.format.spec import WorkflowSpec
from workflow.identity import Read
from workflow.lint.blocks import Place, arrange
from workflow.nodes import StepNode
from workflow.registry.step_registry import StepRegistry
from workflow.yaml_io.yaml_tree import Node


@dataclass(frozen=True)
class Draft:
    """A spec, its steps in document order, a reader of the files beside it, its text as a tree, and the skills."""

    spec: WorkflowSpec
    nodes: Sequence[StepNode]
    read: Read | None
    root: Node | None
    registry: StepRegistry

    @cached_property
    def top(self) -> Sequence[Place]:
        """The steps as they lie inside each other."""
        return arrange(self.nodes)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of all steps, on whatever level."""
        return frozenset(node.name for node in self.nodes)

    @cached_property
    def places(self) -> Sequence[Place]:
        """Every step in document order."""
        pending, places = list(reversed(self.top)), list[Place]()
        while pending:
            places.append(pending.pop())
            pending += reversed([*places[-1].inside])
        return places

    @cached_property
    def by_name(self) -> Mapping[str, Place]:
        """The first step of each name."""
        return {place.node.name: place for place in reversed(self.places)}


Check = Callable[[Draft], Iterable[Finding]]
