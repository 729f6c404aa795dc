"""The list of checks."""

from itertools import islice

from workflow.diagnostics.findings import Finding
from workflow.lint.branches import check_branches
from workflow.lint.contexts import check_contexts
from workflow.lint.draft import Check, Draft
from workflow.lint.expressions import check_expressions
from workflow.lint.flow import check_flow
from workflow.lint.keys import check_keys
from workflow.lint.knobs import check_knobs
from workflow.lint.loops import check_loops
from workflow.lint.mocks import check_mocks
from workflow.lint.names import check_names
from workflow.lint.params import check_params
from workflow.lint.pauses import check_pauses
from workflow.lint.policies import check_policies
from workflow.lint.references import check_references
from workflow.lint.schemas import check_schemas
from workflow.lint.states import check_states
from workflow.lint.templates import check_templates

CHECKS: tuple[Check, ...] = (
    check_names,
    check_references,
    check_params,
    check_branches,
    check_schemas,
    check_templates,
    check_expressions,
    check_flow,
    check_loops,
    check_states,
    check_pauses,
    check_contexts,
    check_policies,
    check_mocks,
    check_knobs,
    check_keys,
)


_MOST_OF_ONE_CHECK = 200
"""Nobody reads more, and each costs a search for what was meant."""


def find_problems(draft: Draft) -> list[Finding]:
    """Return the findings of every check, in the order of `CHECKS`; of each check the first 200."""
    return [finding for check in CHECKS for finding in islice(check(draft), _MOST_OF_ONE_CHECK)]
