"""What the checks look at: a spec of the right shape whose meaning is still in doubt."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workflow.findings import Finding
from workflow.identity import Read
from workflow.nodes import StepNode
from workflow.spec import WorkflowSpec


@dataclass(frozen=True, slots=True)
class Draft:
    """A spec, its steps in document order, and a reader of the files beside it."""

    spec: WorkflowSpec
    nodes: Sequence[StepNode]
    read: Read | None


Check = Callable[[Draft], Iterable[Finding]]
