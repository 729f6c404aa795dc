"""Templates must compile."""

from collections.abc import Iterator

from workflow.diagnostics.findings import Finding
from workflow.lint.draft import Draft
from workflow.lint.readings import templates_of
from workflow.templates import TemplateError, slots_of


def check_templates(draft: Draft) -> Iterator[Finding]:
    """Find templates that don't compile."""
    for place in draft.places:
        for part, value in templates_of(place):
            try:
                slots_of(value)
            except TemplateError as error:
                yield Finding("bad-template", f"{place.node.pointer}/{part}", str(error))
