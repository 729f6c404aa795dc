"""The list of checks."""

from workflow.findings import Finding
from workflow.lint.branches import check_branches
from workflow.lint.draft import Check, Draft
from workflow.lint.expressions import check_expressions
from workflow.lint.knobs import check_knobs
from workflow.lint.mocks import check_mocks
from workflow.lint.names import check_names
from workflow.lint.policies import check_policies
from workflow.lint.references import check_references
from workflow.lint.schemas import check_schemas
from workflow.lint.templates import check_templates

CHECKS: tuple[Check, ...] = (
    check_names,
    check_references,
    check_branches,
    check_schemas,
    check_templates,
    check_expressions,
    check_policies,
    check_mocks,
    check_knobs,
)


def find_problems(draft: Draft) -> list[Finding]:
    """Return every finding of every check, in the order of `CHECKS`."""
    return [finding for check in CHECKS for finding in check(draft)]
