"""The linter proves what it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from policy_dsl import (
    BOOL,
    NUMBER,
    TEXT,
    Lint,
    LintKind,
    Policy,
    RecordType,
    compile_expression,
    lint_policies,
)

SCHEMA = RecordType({"x": NUMBER, "y": NUMBER, "t": TEXT, "f": BOOL})


def policy(when: str, assertion: str, name: str = "gate") -> Policy:
    return Policy.model_validate({"id": name, "when": when, "assert": assertion})


def kinds(*policies: Policy, schema: RecordType | None = None) -> list[str]:
    return [str(lint.kind) for lint in lint_policies(policies, schema)]


@pytest.mark.parametrize(
    ("when", "assertion", "expected"),
    [
        ("true", "x > 1", []),
        ("x > 1", "y > 1", []),
        ("x in [1, 2]", "t != 'a'", []),
        ("x > -1", "x < 5", []),
        ("false", "x > 1", ["dead"]),
        ("null", "x > 1", ["dead"]),
        ("1 > 2", "x > 1", ["dead"]),
        ("x > 5 and x < 3", "y > 1", ["dead"]),
        ("x > 5 > x", "y > 1", ["dead"]),
        ("t == 'a' and t == 'b'", "y > 1", ["dead"]),
        ("f and not f", "y > 1", ["dead"]),
        ("x in []", "y > 1", ["dead"]),
        ("x == null and x > 1", "y > 1", ["dead"]),
        ("x > 1", "x < 1", ["never-holds"]),
        ("true", "len(t) > 5 and len(t) < 2", ["never-holds"]),
        ("true", "x < -1 and x > 1", ["never-holds"]),
        ("true", "x < 5 if x > 5 else x > 5", ["never-holds"]),
        ("true", "true", ["cannot-fail"]),
        ("true", "2 > 1", ["cannot-fail"]),
        ("x > 2", "x > 1", ["cannot-fail"]),
        ("true", "x > 3 or x <= 3", ["cannot-fail"]),
        ("true", "t in ['a', 'b'] or t not in ['a', 'b']", ["cannot-fail"]),
        ("true", "f == true or f == false", []),
        ("true", "'10' == 10", ["never-equal", "never-holds"]),
        ("t == 1", "y > 1", []),
        ("true", "t < 'b' or t >= 'b'", []),
        ("true", "t == ['a', 1] or ['a'] == t", []),
        ("true", "t in 'abc' or x in [y] or x in [[1]]", []),
        ("true", "x > y or x <= y", []),
        ("true", "unknown == x", []),
        ("true", "x > 1 and every([1], 'it > 0')", []),
        ("x > 1152921504606846976 and x < 1152921504606846978", "y > 1", []),
        ("x > 1 and x < 1.5", "y > 1", []),
        (" and ".join(f"a{i} > 1" for i in range(9)), "x > 1", []),
    ],
)
def test_a_policy_that_cant_mean_what_it_says_is_reported(
    when: str, assertion: str, expected: list[str]
) -> None:
    assert kinds(policy(when, assertion)) == expected


def test_a_schema_reveals_more() -> None:
    assert kinds(policy("true", "t == 10"), schema=SCHEMA) == ["never-equal"]
    (lint,) = lint_policies([policy("true", "x > 1 and scor > 1")], SCHEMA)
    assert lint == Lint(
        "gate", LintKind.INVALID, "unknown name 'scor'; known: f, t, x, y", "x > 1 and scor > 1", 11
    )
    assert kinds(policy("t", "x > 1"), schema=SCHEMA) == ["invalid"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("true", "x >= 0.9"), ("true", "x < 0.5"), ["contradictory"]),
        (("f", "x == 1"), ("f", "x == 2"), ["contradictory"]),
        (("f", "x == 1"), ("not f", "x == 2"), []),
        (("true", "x > 1"), ("true", "x < 5"), []),
        (("true", "x > 1"), ("true", "y < 1"), []),
        (("true", "x > 1 and x < 1"), ("true", "x < 5"), ["never-holds"]),
    ],
)
def test_policies_that_cant_hold_together_are_reported(
    one: tuple[str, str], other: tuple[str, str], expected: list[str]
) -> None:
    assert kinds(policy(*one, name="a"), policy(*other, name="b")) == expected


ATOMS = st.sampled_from(
    ["x > 1", "x <= 1", "x == 2", "x in [1, 3]", "y < x", "f", "t == 'a'", "t != null", "true"]
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda part: st.one_of(
        st.builds("({} and {})".format, part, part),
        st.builds("({} or {})".format, part, part),
        st.builds("not {}".format, part),
    ),
    max_leaves=5,
)
NAMES: SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "x": st.sampled_from([None, 0, 1, 1.5, 2, 3, 4, "a", True, []]),
        "y": st.sampled_from([0, 2]),
        "f": st.booleans(),
        "t": st.sampled_from(["a", "b", None, 1]),
    },
)


@settings(deadline=None, max_examples=100)
@given(when=CONDITIONS, assertion=CONDITIONS, names=NAMES)
def test_no_lint_is_refuted_by_a_value(when: str, assertion: str, names: dict[str, object]) -> None:
    fires = compile_expression(when).holds(names)
    value = compile_expression(assertion).evaluate(names)
    for lint in lint_policies([policy(when, assertion)]):
        if lint.kind is LintKind.DEAD:
            assert not fires
        elif fires and lint.kind is LintKind.NEVER_HOLDS:
            assert value is not True
        elif fires and lint.kind is LintKind.CANNOT_FAIL:
            assert value is not False
