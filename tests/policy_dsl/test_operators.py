"""Each sign, with what it takes and what it refuses."""

from decimal import Decimal

import pytest

from policy_dsl import UNKNOWN, Failure, compile_expression
from policy_dsl.limits import MAX_NUMBER, MAX_TEXT

DATA = {
    "a": 7,
    "b": 2.5,
    "text": "roses",
    "flag": True,
    "nothing": None,
    "list": [1, "x", None, [True], {"k": 1}],
    "same": [1.0, "x", None, [True], {"k": 1}],
    "map": {"k": 1, "l": None},
    "other": {"k": 1, "m": None},
    "money": Decimal("0.10"),
    "nan": float("nan"),
    "infinite": float("inf"),
    "no_number": Decimal("NaN"),
    "huge": 10**400,
    "odd": {1, 2},
    "subclass": type("Text", (str,), {})("roses"),
    "tuple": (1, 2),
    "numbered": {1: "a"},
    "renumbered": {1: "a"},
}


def value_of(source: str) -> object:
    return compile_expression(source).evaluate(DATA)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a + b", 9.5),
        ("a - b", 4.5),
        ("a * b", 17.5),
        ("a / 2", 3.5),
        ("a // 2", 3),
        ("a % 2", 1),
        ("-a", -7),
        ("--a", 7),
        ("text + '!'", "roses!"),
        ("money * 2", 0.2),
        ("1_000 + 1e3", 2000.0),
    ],
)
def test_arithmetic_calculates(source: str, value: object) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a == 7", True),
        ("a == 7.0", True),
        ("a != 7", False),
        ("flag == 1", False),
        ("flag == true", True),
        ("'7' == a", False),
        ("text == 'roses'", True),
        ("text == 'rose'", False),
        ("money == 0.1", True),
        ("list == same", True),
        ("list == [1]", False),
        ("[1, 2] == [1, 3]", False),
        ("map == map", True),
        ("map == other", False),
        ("map == [1]", False),
        ("map == list[4]", False),
        ("map.l == null", True),
        ("map.l != null", False),
        ("a == null", False),
        ("a != null", True),
        ("null == null", True),
        ("[1] == [true]", False),
        ("a < 8", True),
        ("a <= 7", True),
        ("a > 7", False),
        ("a >= 7", True),
        ("'a' < 'b'", True),
        ("1 < a < 8", True),
        ("1 < a < 5", False),
        ("8 < a < 9", False),
        ("'ose' in text", True),
        ("'x' in text", False),
        ("1 in list", True),
        ("[true] in list", True),
        ("2 not in list", True),
        ("'k' in map", True),
        ("'z' not in map", True),
    ],
)
def test_comparisons_compare_without_converting(source: str, value: bool) -> None:
    assert value_of(source) is value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("true and true", True),
        ("true and false", False),
        ("false or true", True),
        ("false or false", False),
        ("not true", False),
        ("not false", True),
        ("false and 1 / 0 > 1", False),
        ("true or 1 / 0 > 1", True),
        ("'yes' if flag else 'no'", "yes"),
        ("'yes' if not flag else 'no'", "no"),
        ("1 if flag else 1 / 0", 1),
    ],
)
def test_logic_looks_no_further_than_it_must(source: str, value: object) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("list[0]", 1),
        ("list[-1].k", 1),
        ("list[9]", UNKNOWN),
        ("map['k']", 1),
        ("map['z']", UNKNOWN),
        ("map[text]", UNKNOWN),
        ("missing[0]", UNKNOWN),
        ("list[missing]", UNKNOWN),
        ("missing.x.y", UNKNOWN),
        ("nothing.x", UNKNOWN),
        ("[a, missing]", UNKNOWN),
        ("[a, null]", [7, None]),
    ],
)
def test_fields_and_items_are_read_from_plain_data(source: str, value: object) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(
    "source",
    [
        "missing + 1",
        "nothing + 1",
        "-nothing",
        "missing == 1",
        "nothing != 1",
        "missing == null",
        "nothing < 1",
        "1 < nothing < 3",
        "1 < a < nothing",
        "'a' in nothing",
        "nothing in list",
        "missing not in list",
        "not missing",
        "true and nothing",
        "missing and true",
        "false or missing",
        "missing or false",
        "1 if missing else 2",
        "unknown",
    ],
)
def test_what_is_done_with_nothing_is_unknown(source: str) -> None:
    assert value_of(source) is UNKNOWN


@pytest.mark.parametrize("source", ["missing and false", "missing or true", "8 < a < missing"])
def test_unknown_is_absorbed_where_the_other_side_decides(source: str) -> None:
    assert value_of(source) in (True, False)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a / 0", "division by zero"),
        ("a // 0.0", "division by zero"),
        ("a % 0", "division by zero"),
        (f"{MAX_NUMBER} * a", "a number is beyond ±2**64 or not a number at all"),
        ("nan", "a number is beyond ±2**64 or not a number at all"),
        ("infinite", "a number is beyond ±2**64 or not a number at all"),
        ("huge", "a number is beyond ±2**64 or not a number at all"),
        ("no_number", "a value of type 'Decimal' is not plain data"),
        ("odd", "a value of type 'set' is not plain data"),
        ("subclass", "a value of type 'Text' is not plain data"),
        ("tuple", "a value of type 'tuple' is not plain data"),
        ("numbered == renumbered", "the keys of a map are texts"),
        ("text + a", "'+' needs numbers, not a text and a number"),
        ("flag + a", "'+' needs numbers, not true or false and a number"),
        ("a < text", "a number and a text have no order"),
        ("flag < 2", "true or false and a number have no order"),
        ("1 in a", "'in' needs a text, a list or a map, not a number"),
        ("a in text", "a number can't be in a text"),
        ("a and true", "'and' needs true or false, not a number"),
        ("true and text", "'and' needs true or false, not a text"),
        ("false or list", "'or' needs true or false, not a list"),
        ("not map", "'not' needs true or false, not a map"),
        ("1 if a else 2", "'if' needs true or false, not a number"),
        ("a.field", "a number has no field 'field'"),
        ("list['k']", "a list has no [a text]"),
        ("map[0]", "a map has no [a number]"),
        ("list[b]", "a list has no [a number]"),
        ("list[flag]", "a list has no [true or false]"),
        ("1 / 0 > 1 or true", "division by zero"),
        ("missing and 1 / 0 > 1", "division by zero"),
        ("is_unknown(1 / 0)", "division by zero"),
    ],
)
def test_what_has_no_value_fails_with_a_reason(source: str, reason: str) -> None:
    assert value_of(source) == Failure(reason)


def test_a_text_grows_no_longer_than_its_limit() -> None:
    names = {"t": "x" * (MAX_TEXT // 2 + 1)}
    assert isinstance(compile_expression("t + t").evaluate(names), Failure)
    assert isinstance(compile_expression("t + ''").evaluate(names), str)


def test_a_text_beyond_its_limit_is_not_read() -> None:
    long = "x" * (MAX_TEXT + 1)
    names = {"t": long, "u": long[:-1] + "y"}
    for source in ("t == u", "t < u", "'x' in t", "t.lower()"):
        assert isinstance(compile_expression(source).evaluate(names), Failure), source


def test_data_is_compared_to_a_depth() -> None:
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    expression = compile_expression("a == b")
    assert expression.evaluate({"a": deep, "b": deep}) == Failure(
        "data is compared 30 levels deep at most"
    )


def test_neither_unknown_nor_a_failure_looks_true() -> None:
    assert not UNKNOWN
    assert not Failure("any")


def test_only_true_holds() -> None:
    for source in ("1", "'x'", "unknown", "null", "1 / 0", "false"):
        assert not compile_expression(source).holds({})
    assert compile_expression("true").holds({})
