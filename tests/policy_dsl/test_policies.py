"""Policies: read, judged, merged."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from policy_dsl import (
    NUMBER,
    Action,
    Enforcement,
    Explained,
    Policy,
    Reason,
    RecordType,
    judge_policies,
    merge_policies,
)


def policy(assertion: object, **fields: object) -> Policy:
    return Policy.model_validate({"id": "gate", "assert": assertion, **fields})


def reasons(*policies: Policy, **names: object) -> list[str]:
    return [str(violation.reason) for violation in judge_policies(policies, names)]


def test_a_policy_has_safe_defaults() -> None:
    found = policy("x > 1")
    assert (found.when, found.action, found.enforcement) == (
        "true",
        Action.FAIL_RUN,
        Enforcement.HARD_MANDATORY,
    )


def test_yaml_booleans_are_the_expressions_of_that_name() -> None:
    found = policy(False, when=True)
    assert (found.when, found.assert_) == ("true", "false")


def test_a_policy_is_written_as_it_is_read() -> None:
    found = policy("x > 1")
    assert Policy.model_validate(found.model_dump(mode="json")) == found


@pytest.mark.parametrize(
    "fields",
    [
        {"assert": "x >"},
        {"assert": "1"},
        {"assert": "true", "when": "x = 1"},
        {"assert": "true", "colour": "red"},
        {"assert": "true", "id": ""},
        {"assert": "true", "action": "EXPLODE"},
        {"assert": 1},
        {},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({"id": "gate", **fields})


def test_an_expression_is_refused_with_its_column() -> None:
    with pytest.raises(ValidationError) as refusal:
        policy("x = 1")
    error = refusal.value.errors()[0]
    assert error["ctx"] == {
        "reason": "column 3: unexpected '='; write == to compare",
        "column": 3,
        "suggestion": "write == to compare",
    }


@pytest.mark.parametrize(
    ("when", "assertion", "reason"),
    [
        ("true", "x > 1", []),
        ("true", "x > 3", ["false"]),
        ("true", "y > 3", ["unknown"]),
        ("true", "null", ["unknown"]),
        ("true", "x / 0 > 1", ["error"]),
        ("true", "x", ["error"]),
        ("false", "false", []),
        ("null", "false", []),
        ("y", "false", []),
        ("y > 1", "false", []),
        ("x / 0 > 1", "true", ["error"]),
        ("x", "true", ["error"]),
    ],
)
def test_doubt_is_a_violation_and_an_unknown_condition_is_none(
    when: str, assertion: str, reason: list[str]
) -> None:
    assert reasons(policy(assertion, when=when), x=2) == reason


def test_a_violation_tells_what_was_found() -> None:
    rule = policy("x > 3", message="Too small.", action="WARN", enforcement="advisory")
    (violation,) = judge_policies([rule], {"x": 2})
    assert (violation.policy_id, violation.message) == ("gate", "Too small.")
    assert (violation.action, violation.enforcement) == (Action.WARN, Enforcement.ADVISORY)
    assert violation.reason is Reason.FALSE
    assert violation.expression == "x > 3"
    assert violation.explained == (Explained("x > 3", False), Explained("x", 2))


@pytest.mark.parametrize(
    ("assertion", "message"),
    [
        ("x > 3", "x > 3: it is false"),
        ("y > 3", "y > 3: a value it needs is missing"),
        ("x / 0 > 1", "x / 0 > 1: division by zero"),
        ("x", "x: it is neither true nor false"),
    ],
)
def test_a_violation_without_a_message_says_what_happened(assertion: str, message: str) -> None:
    (violation,) = judge_policies([policy(assertion)], {"x": 2})
    assert violation.message == message


def test_what_doesnt_fit_the_schema_is_a_violation() -> None:
    schema = RecordType({"score": NUMBER})
    bad = [policy("scroe > 1"), policy("score > 1", when="scroe > 1")]
    found = judge_policies(bad, {"score": 2, "scroe": 2}, schema=schema)
    assert [violation.expression for violation in found] == ["scroe > 1", "scroe > 1"]
    assert {violation.reason for violation in found} == {Reason.ERROR}
    assert "did you mean 'score'?" in found[0].message


def test_violations_come_in_the_order_of_the_policies() -> None:
    rules = [policy("false", id=name) for name in "bca"]
    assert [violation.policy_id for violation in judge_policies(rules, {})] == list("bca")


def test_all_policies_of_all_groups_apply() -> None:
    merged = merge_policies([policy("x > 1", id="a")], [policy("x > 2", id="b")], [])
    assert [rule.id for rule in merged] == ["a", "b"]


@pytest.mark.parametrize(
    ("higher", "lower", "replaced"),
    [
        ({"assert": "x > 1"}, {"assert": "x > 2"}, True),
        ({"assert": "x > 1"}, {"assert": "x > 1"}, True),
        ({"assert": "x > 1"}, {"assert": "x > 1 and y"}, True),
        (
            {"assert": "x > 1", "when": "y == 'a'"},
            {"assert": "x > 1", "when": "y in ['a', 'b']"},
            True,
        ),
        ({"assert": "x > 1", "when": "y"}, {"assert": "x > 2", "when": "y"}, True),
        ({"assert": "x > 1"}, {"assert": "x >= 1"}, False),
        ({"assert": "x > 1"}, {"assert": "x > 0"}, False),
        ({"assert": "x > 1"}, {"assert": "x > 1 or y"}, False),
        ({"assert": "x > 1"}, {"assert": "x > 1", "when": "y"}, False),
        ({"assert": "x > 1"}, {"assert": "true"}, False),
        ({"assert": "x > 1"}, {"assert": "x > 2", "enforcement": "advisory"}, False),
        ({"assert": "x > 1"}, {"assert": "x > 2", "action": "WARN"}, False),
        ({"assert": "x > 1", "action": "WARN"}, {"assert": "x > 1"}, True),
        ({"assert": "x > 1", "enforcement": "advisory"}, {"assert": "x > 1"}, True),
        ({"assert": "x > 1", "action": "BLOCK_MERGE"}, {"assert": "x > 1"}, False),
        (
            {"assert": "x > 1", "action": "REQUIRE_APPROVAL"},
            {"assert": "x > 1", "action": "BLOCK_MERGE"},
            True,
        ),
        ({"assert": "every(x, 'it > 1')"}, {"assert": "every(x, 'it > 1') and x != []"}, True),
        ({"assert": "every(x, 'it > 1')"}, {"assert": "every(x, 'it > 2')"}, False),
        # A text makes the higher one fail and lets the lower one be silent.
        ({"assert": "true", "when": "x > 1"}, {"assert": "true", "when": "x == 2"}, False),
        (
            {"assert": " and ".join(f"x{i} > {i}" for i in range(9))},
            {"assert": " and ".join(f"x{i} > {i}" for i in range(9))},
            False,
        ),
    ],
)
def test_a_lower_policy_replaces_a_higher_one_only_if_it_is_proven_stricter(
    higher: dict[str, object], lower: dict[str, object], replaced: bool
) -> None:
    top, bottom = (Policy.model_validate({"id": "gate", **fields}) for fields in (higher, lower))
    assert merge_policies([top], [bottom]) == ((bottom,) if replaced else (top, bottom))


def test_policies_of_one_group_never_replace_each_other() -> None:
    twice = [policy("x > 1"), policy("x > 2")]
    assert merge_policies(twice) == tuple(twice)


CONDITIONS = st.sampled_from(
    [
        "true",
        "false",
        "x > 1",
        "x > 2",
        "x <= 2",
        "y",
        "not y",
        "x > 1 and y",
        "x > 2 or y",
        "x == 2",
        "1 / 0 > x",
    ]
)
POLICIES = st.builds(policy, CONDITIONS, when=CONDITIONS)


@settings(deadline=None, max_examples=100)
@given(higher=POLICIES, lower=POLICIES)
def test_merging_never_opens_what_a_higher_policy_closes(higher: Policy, lower: Policy) -> None:
    merged = merge_policies([higher], [lower])
    for x, y in product((None, 0, 1.5, 2, 3, "a"), (True, False, None, 1)):
        names = {"x": x, "y": y}
        if judge_policies([higher], names):
            assert judge_policies(merged, names)
