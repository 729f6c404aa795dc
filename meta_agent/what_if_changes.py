"""What differs between two programs, worked out once for all who imagine it."""

from collections.abc import Sequence

from workflow import GraphChange, Program, diff_workflows


def list_changes(
    base: Program, head: Program, known: Sequence[GraphChange] | None
) -> Sequence[GraphChange]:
    """Return the changes that are known already, else compare: in a large spec that takes its time."""
    return diff_workflows(base.workflow, head.workflow) if known is None else known
