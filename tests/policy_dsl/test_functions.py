"""Each function and method, with what it takes and what it refuses."""

import pytest

from policy_dsl import UNKNOWN, ExpressionError, Failure, compile_expression
from policy_dsl.limits import MAX_ITEMS

DATA = {
    "text": " Red Roses ",
    "numbers": [3, 1.5, -2],
    "gaps": [1, None],
    "mixed": [1, "a"],
    "flags": [True],
    "empty": [],
    "map": {"a": 1, "n": None},
    "number": -3,
    "nothing": None,
    "half": "\ud800",
    "items": [{"n": 1, "tags": ["x"]}, {"n": 5, "tags": ["x", "y"]}, {"n": 9, "tags": []}],
    "holes": [{"n": 1}, {}],
}


def value_of(source: str) -> object:
    return compile_expression(source).evaluate(DATA)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("len(text)", 11),
        ("len(numbers)", 3),
        ("len(map)", 2),
        ("abs(number)", 3),
        ("round(2.567)", 3),
        ("round(2.567, 2)", 2.57),
        ("round(2.567, 0)", 3),
        ("min(numbers)", -2),
        ("max(numbers)", 3),
        ("min(1, 2, number)", -3),
        ("max(1)", 1),
        ("sum(numbers)", 2.5),
        ("sum(empty)", 0),
        ("max(empty)", UNKNOWN),
        ("sum(gaps)", UNKNOWN),
        ("min(gaps)", UNKNOWN),
        ("is_unknown(nothing)", True),
        ("is_unknown(missing)", True),
        ("is_unknown(number)", False),
        ("text.lower()", " red roses "),
        ("text.upper()", " RED ROSES "),
        ("text.strip()", "Red Roses"),
        ("text.strip().startswith('Red')", True),
        ("text.endswith('s')", False),
        ("text.split()", ["Red", "Roses"]),
        ("text.split('R')", [" ", "ed ", "oses "]),
        ("map.get('a')", 1),
        ("map.get('n', 4)", None),
        ("map.get('z')", UNKNOWN),
        ("map.get('z', 4)", 4),
        ("map.get('z', null)", None),
        ("matches(text, 'R.s')", True),
        ("matches(text, '^Red')", False),
        ("matches(nothing, 'a')", UNKNOWN),
        ("len(nothing)", UNKNOWN),
        ("round(1.5, nothing)", UNKNOWN),
        ("missing.lower()", UNKNOWN),
    ],
)
def test_functions_give_values(source: str, value: object) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("every(items, 'n > 0')", True),
        ("every(items, 'n > 1')", False),
        ("every(holes, 'n > 0')", UNKNOWN),
        ("every(holes, 'n > 1')", False),
        ("some(items, 'n > 8')", True),
        ("some(items, 'n > 9')", False),
        ("some(holes, 'n > 0')", True),
        ("some(holes, 'n > 1')", UNKNOWN),
        ("any_of(items, 'n == 5')", True),
        ("none(items, 'n > 9')", True),
        ("none(items, 'n == 5')", False),
        ("count(items, 'n > 1')", 2),
        ("count(holes, 'n > 0')", UNKNOWN),
        ("every(nothing, 'true')", UNKNOWN),
        ("every(numbers, 'it > outer.number')", True),
        ("every(empty, 'it > 0')", True),
        ("some(items, \"'y' in tags\")", True),
        ("some(items, \"some(tags, 'it == \\\\'y\\\\'')\")", True),
        ("count(items, \"some(tags, 'len(it) < outer.n')\")", 1),
        ("count(items, \"every(tags, 'outer.it.n > outer.outer.number')\")", 3),
        ("every(items, 'it.n == n')", True),
        ("every(numbers, 'true')", True),
        ("some(numbers, 'unknown')", UNKNOWN),
    ],
)
def test_quantifiers_ask_each_item(source: str, value: object) -> None:
    assert value_of(source) == value


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("sum(mixed)", "sum() needs numbers, not a text"),
        ("max(flags)", "max() needs numbers, not true or false"),
        ("max(numbers, 1)", "max() needs numbers, not a list"),
        ("round(1.5, number)", "round() keeps 0 to 12 decimal places"),
        ("round(1.5, 0.5)", "round() keeps 0 to 12 decimal places"),
        ("len(number)", "len() needs a text or a list or a map, not a number"),
        ("number.lower()", "lower() needs a text, not a number"),
        ("text.split('')", "split() needs a separator, or none at all for blanks"),
        ("matches(number, 'a')", "matches() needs a text, not a number"),
        ("matches(half, 'a')", "a text holds half a character (a lone surrogate)"),
        ("every(text, 'true')", "every() needs a list, not a text"),
        ("every(numbers, 'it')", "the condition of every() needs true or false, not a number"),
        ("every(numbers, 'n > 1')", "a number has no field 'n'"),
    ],
)
def test_a_wrong_argument_fails_with_a_reason(source: str, reason: str) -> None:
    assert value_of(source) == Failure(reason)


def test_a_text_is_split_into_so_many_items_at_most() -> None:
    expression = compile_expression("len(t.split(','))")
    assert expression.evaluate({"t": "," * (MAX_ITEMS - 1)}) == MAX_ITEMS
    assert isinstance(expression.evaluate({"t": "," * MAX_ITEMS}), Failure)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("matches(a, '(')", "column 12: not a pattern: missing ): ("),
        ("matches(a, '(?=b)')", "column 12: not a pattern: invalid perl operator: (?="),
        ("matches(a, '(a)\\\\1')", "column 12: not a pattern: invalid escape sequence: \\1"),
        ("matches(a, '\\ud800')", "column 12: not a pattern: half a character (a lone surrogate)"),
        (
            f"matches(a, '{'x' * 201}')",
            "column 12: not a pattern: a pattern has at most 200 characters",
        ),
        (
            "matches(a, b)",
            "column 1: the second of two arguments must be a quoted text; matches(text, 'pattern')",
        ),
        (
            "matches(a)",
            "column 1: the second of two arguments must be a quoted text; matches(text, 'pattern')",
        ),
        (
            "every(a, b)",
            "column 1: the second of two arguments must be a quoted text; every(list, 'condition')",
        ),
        ("every(a, '')", "column 11: the expression is empty"),
        ("every(a, 'b ==')", "column 15: not an expression"),
        ("every(a, 'outer')", "column 11: 'outer' alone has no value; write outer.name"),
        ("len()", "column 1: len() doesn't take that many arguments"),
        ("len(a, b)", "column 1: len() doesn't take that many arguments"),
        ("max()", "column 1: max() doesn't take that many arguments"),
        ("size(a)", "column 1: unknown function 'size'"),
        ("a.low()", "column 3: unknown method 'low'; did you mean '.lower'?"),
    ],
)
def test_a_wrong_call_is_refused_at_load(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression(source)
    assert str(refusal.value) == message


def test_re2_says_nothing_on_its_own(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ExpressionError):
        compile_expression("matches(a, '(')")
    compile_expression("matches(a, '(a|b)*a(a|b){15}c')").evaluate({"a": "ab" * 4_000})
    assert capfd.readouterr() == ("", "")
