"""The two moments a policy is judged at: on a patch before it merges, and on a run once it has ended."""

from collections.abc import Iterable

from policy_dsl import Policy, compile_condition
from workflow.names import PRE_MERGE_NAMES, RESULT_NAMES


def is_pre_merge(policy: Policy) -> bool:
    """Whether a policy speaks of a patch (`patch tier roi evidence`) rather than of a run's `result`."""
    return bool(_roots(policy) & set(PRE_MERGE_NAMES.fields))


def speaks_of_both(policy: Policy) -> bool:
    """Whether a policy mentions names that never exist at the same time."""
    roots = _roots(policy)
    return bool(roots & set(PRE_MERGE_NAMES.fields)) and bool(roots & set(RESULT_NAMES.fields))


def at_run_time(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """Return the policies that are judged when a run has ended."""
    return tuple(policy for policy in policies if not is_pre_merge(policy))


def before_merge(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """Return the policies that are judged on a patch."""
    return tuple(policy for policy in policies if is_pre_merge(policy))


def _roots(policy: Policy) -> set[str]:
    names = compile_condition(policy.when).names | compile_condition(policy.assert_).names
    return {name.partition(".")[0] for name in names}
