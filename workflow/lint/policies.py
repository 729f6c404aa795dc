"""Policies must speak of one moment, and should be able to hold and to fail."""

from collections.abc import Iterator, Sequence

from policy_dsl import Lint, LintKind, Policy, lint_policies
from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding
from workflow.governance.policies import speaks_of_both
from workflow.lint.draft import Draft
from workflow.lint.expressions import compile_or_tell
from workflow.names import POLICY_NAMES

_MAX_PAIRED = 20


def check_policies(draft: Draft) -> Iterator[Finding]:
    """Find policies that can't be judged; warn of those that can't mean what they say."""
    return find_policy_problems(draft.spec.policies)


def find_policy_problems(policies: Sequence[Policy]) -> Iterator[Finding]:
    """Check policies that stand under `/policies` of some document."""
    numbers = {policy.id: number for number, policy in enumerate(policies)}
    for number, policy in enumerate(policies):
        yield from _check_one(policy, f"/policies/{number}")
    for lint in _lint(policies):
        if lint.kind is not LintKind.INVALID:
            message = f"policy {lint.policy_id!r}: {lint.message} ({lint.expression})"
            pointer = f"/policies/{numbers[lint.policy_id]}"
            yield Finding(f"policy-{lint.kind}", pointer, message, severity=Severity.WARNING)


def _lint(policies: Sequence[Policy]) -> Iterator[Lint]:
    """Lint each, and each pair where there are few: pairs grow with the square, and every load pays for them."""
    if len(policies) <= _MAX_PAIRED:
        yield from lint_policies(policies, POLICY_NAMES)
    else:
        for policy in policies:
            yield from lint_policies([policy], POLICY_NAMES)


def _check_one(policy: Policy, pointer: str) -> Iterator[Finding]:
    for key, source in (("when", policy.when), ("assert", policy.assert_)):
        yield from compile_or_tell(source, f"{pointer}/{key}", POLICY_NAMES)
    if speaks_of_both(policy):
        yield Finding(
            "two-moments",
            pointer,
            f"policy {policy.id!r} mentions a run's `result` and a patch together",
            "make two policies of it: the one is judged after a run, the other before a merge",
        )
