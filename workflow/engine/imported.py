"""An imported workflow inside the one that imports it: its steps, placed where they run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from workflow.load import Workflow
from workflow.nodes import StepNode
from workflow.patches.pointer import format_pointer, yaml_path_of


def place_nodes(imported: Workflow, step: StepNode, place: Sequence[str]) -> Iterator[StepNode]:
    """Return the nodes of an imported workflow as parts of the `step` that runs it.

    `place` says where the import stands in the resolved document, which holds it by content.
    """
    pointer, yaml_path = format_pointer(place), yaml_path_of(place)
    for node in imported.nodes:
        inside = f"{step.step_id}/{node.parent_id}" if node.parent_id else step.step_id
        yield replace(
            node,
            step_id=f"{step.step_id}/{node.step_id}",
            parent_id=inside,
            pointer=pointer + node.pointer,
            yaml_path=f"{yaml_path}.{node.yaml_path}",
        )
