"""Two versions of a workflow → what changed, by identity: the algorithm behind `diff_workflows`.

Law: the documents differ (as JSON) if and only if there is at least one change; every differing leaf lies under one.
Prompts kept in files and imported specs are compared by content as well.
"""

from collections.abc import Iterator

from workflow.comparison.changes import Changed, GraphChange, Subject
from workflow.comparison.compare_parts import (
    compare_agents,
    compare_imports,
    compare_items,
    list_part_paths,
)
from workflow.comparison.compare_steps import compare_steps
from workflow.comparison.entries import Entry, LineOf, change_field, changed
from workflow.comparison.outline import Difference, own_fields
from workflow.load import Workflow
from workflow.patches.pointer import parse_pointer
from workflow.yaml_io.line_finder import LineFinder


def diff_workflows(before: Workflow, after: Workflow) -> tuple[GraphChange, ...]:
    """Return every change: of the workflow, imports, agents, steps, policies, tests; steps in the new document's order.

    A step that is gone follows the one it followed. The same for equal documents, whatever the hash seed.
    """
    if before.text == after.text and before.spec_sha256 == after.spec_sha256:
        return ()
    lines = LineFinder(before), LineFinder(after)
    changes = tuple(_compare(before, after, *lines))
    if not changes and before.spec_sha256 != after.spec_sha256:
        return (_hash_change(before, after, *lines),)
    return changes


def _compare(
    before: Workflow, after: Workflow, old_line: LineOf, new_line: LineOf
) -> Iterator[GraphChange]:
    old, new = _whole(before, old_line), _whole(after, new_line)
    yield from changed(old, new)
    yield from compare_imports(before, after, old_line, new_line)
    yield from compare_agents(before, after, old_line, new_line)
    yield from compare_steps(before, after, old_line, new_line)
    yield from compare_items("policy", before, after, old_line, new_line)
    yield from compare_items("test", before, after, old_line, new_line)


def _whole(workflow: Workflow, line_of: LineOf) -> Entry:
    steps = (tuple(parse_pointer(node.pointer)) for node in workflow.nodes if not node.parent_id)
    own = own_fields(workflow.document, [*steps, *list_part_paths(workflow.document)])
    return Entry(Subject("workflow"), workflow.document, own, (), line_of)


def _hash_change(before: Workflow, after: Workflow, old_line: LineOf, new_line: LineOf) -> Changed:
    """Something the spec names by path differs, and no comparison could say what."""
    found = Difference(("spec_sha256",), before.spec_sha256, after.spec_sha256)
    return change_field(_whole(before, old_line), _whole(after, new_line), found)
