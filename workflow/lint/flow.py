"""Every reading of every step, looked at from all sides in one walk."""

from collections.abc import Iterator

from workflow.diagnostics.findings import Finding
from workflow.lint.choices import check_choice
from workflow.lint.draft import Draft
from workflow.lint.inputs import check_input
from workflow.lint.order import check_fields, check_order
from workflow.lint.outputs import Giver
from workflow.lint.readings import read_all


def check_flow(draft: Draft) -> Iterator[Finding]:
    """Find what can't flow: from steps that haven't run, out of fields that aren't there, into what doesn't take it."""
    giver = Giver(draft.spec.agents)
    for reading in read_all(draft.top, draft.names):
        yield from check_order(reading, draft)
        yield from check_fields(reading, giver)
        yield from check_input(reading, giver)
        yield from check_choice(reading, giver)
