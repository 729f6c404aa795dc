"""A policy is judged at one of two moments; which one follows from what it mentions."""

import pytest

from policy_dsl import Policy
from workflow import at_run_time, before_merge
from workflow.governance.policies import is_pre_merge, speaks_of_both


def policy(assertion: str, when: str = "true") -> Policy:
    return Policy(id="p", when=when, assert_=assertion)


@pytest.mark.parametrize(
    ("assertion", "when", "pre_merge"),
    [
        ("result.success", "true", False),
        ("result.total_cost_usd < 1", "result.score > 0.5", False),
        ("1 == 1", "true", False),
        ("tier == 'LOW'", "true", True),
        ("1 == 1", "patch.operations > 3", True),
        ("roi.low > 0", "evidence.pairs > 30", True),
    ],
)
def test_the_moment_follows_from_the_names(assertion: str, when: str, pre_merge: bool) -> None:
    found = policy(assertion, when)
    assert is_pre_merge(found) is pre_merge
    assert not speaks_of_both(found)
    assert (found in before_merge([found]), found in at_run_time([found])) == (
        pre_merge,
        not pre_merge,
    )


def test_one_that_speaks_of_both_moments_is_known() -> None:
    assert speaks_of_both(policy("result.success", "tier == 'LOW'"))
