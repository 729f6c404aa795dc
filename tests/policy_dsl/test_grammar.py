"""What isn't part of the language is refused where it stands, twice."""

import ast
import json

import pytest

from policy_dsl import ExpressionError, compile_expression
from policy_dsl.grammar import TreeReader


def refusal_of(source: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression(source)
    return refusal.value


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "column 1: the expression is empty"),
        (" \n", "column 3: the expression is empty"),
        ("a >=", "column 5: not an expression"),
        ("(a", "column 1: not an expression"),
        ("a b", "column 3: not an expression"),
        ("  a b", "column 5: not an expression"),
        (
            "a ** 2",
            "column 1: not part of the language (Pow); powers are left out because they explode",
        ),
        ("a << 2", "column 1: not part of the language (LShift)"),
        ("(1, 2)", "column 1: not part of the language (Tuple); write a list: ['a', 'b']"),
        ("f(*a)", "column 3: not part of the language (Starred)"),
        ("+a", "column 1: not part of the language (UAdd)"),
        ("a == b in c", "column 1: 'in' can't be part of a chain; put it in brackets"),
        ("a is b", "column 3: 'is' is not part of the language; write == null, or is_unknown(…)"),
        (
            "a.class",
            "column 3: 'class' is not part of the language; a field of that name is read with ['class']",
        ),
        ("a = 1", "column 3: unexpected '='; write == to compare"),
        ("a & b", "column 3: unexpected '&'; write and"),
        ("'a", "column 1: the text has no closing quote"),
        ("'a' 'b'", "column 5: two texts side by side; put a comma or + between them"),
        (
            "'\\d'",
            "column 2: \\d is not an escape; put r before the quote for a regular expression: r'\\d+'",
        ),
        ("a.__class__", "column 3: names don't start with two underscores"),
        ("a\u200bb", "column 2: hidden character U+200B; write it as an escape, such as '\\u200d'"),
        ("'\u202e'", "column 2: hidden character U+202E; write it as an escape, such as '\\u200d'"),
        ("ａ", "column 1: unexpected 'ａ'"),
        ("99999999999999999999", "column 1: the number is beyond 2**64"),
        ("1e999", "column 1: the number is beyond 2**64"),
        ("f(a)(b)", "column 1: only functions and methods can be called"),
        ("'é' == 1 < 'ü'", "column 12: a number and a text have no order"),
        ("every(a, \"'é' < 1\")", "column 17: a text and a number have no order"),
        ("every(a, '\\'é\\' < 1')", "column 10: a text and a number have no order"),
        ("every(a, '\\'é')", "column 10: the text has no closing quote"),
        ("a" * 2_001, "column 2001: longer than 2,000 characters"),
        ("(" * 21 + "a" + ")" * 21, "column 21: the expression is too complex"),
        ("1" + " + 1" * 250, "column 1001: the expression is too complex"),
        ("not " * 41 + "a", "column 161: the expression is too complex"),
    ],
)
def test_a_refusal_says_what_and_where(source: str, message: str) -> None:
    assert str(refusal_of(source)) == message


def test_quoted_conditions_share_the_limit_on_operations() -> None:
    condition = " and ".join(["it.a == 1"] * 20)
    source = " and ".join([f"every(a, '{condition}')"] * 6)
    assert "too complex" in refusal_of(source).message


def nested(depth: int) -> str:
    source = "it == 0"
    for _ in range(depth):
        source = f"every(it, {json.dumps(source)})"
    return f"every(a, {json.dumps(source)})"


def test_quoted_conditions_stand_three_deep_at_most() -> None:
    assert compile_expression(nested(2)).holds({"a": [[[0]]]})
    assert refusal_of(nested(3)).message == "too many conditions inside one another"


def test_patterns_are_counted() -> None:
    assert "more than 8 patterns" in refusal_of(" or ".join(["matches(a, 'b')"] * 9)).message


def test_line_breaks_and_tabs_are_blanks() -> None:
    expression = compile_expression("\n  a > 1\n\tand a < 3\n")
    assert expression.holds({"a": 2})
    assert refusal_of("a > 1\n  and a <").column == 16


def test_texts_know_a_few_escapes() -> None:
    source = r"""'\\ \' \" \n \r \t \x41 \u00e9' + r'\d' + "it's" """
    assert compile_expression(source).evaluate({}) == "\\ ' \" \n \r \t A é\\dit's"


@pytest.mark.parametrize(
    "source",
    [
        "lambda: 1",
        "[x for x in a]",
        "{x for x in a}",
        "{x: 1 for x in a}",
        "(x for x in a)",
        "{}",
        "{1}",
        "(a := 1)",
        "f'{a}'",
        "b'a'",
        "1j",
        "...",
        "a[1:2]",
        "a[1, 2]",
        "~a",
        "a @ b",
        "a | b",
        "a & b",
        "a ^ b",
        "a >> b",
        "a ** b",
        "a is b",
        "a is not b",
        "await_(b)(c)",
        "f(**a)",
        "f(a=1)",
        "f(*a)",
        "a.__class__",
        "(a, b)",
        "+a",
        "matches(a, b'c')",
        "(yield)",
    ],
)
def test_the_second_gate_refuses_without_the_first(source: str) -> None:
    tree = ast.parse(source, mode="eval").body
    with pytest.raises(ExpressionError):
        TreeReader().read(tree)


def test_a_word_for_a_value_can_be_a_field() -> None:
    assert compile_expression("a.unknown").evaluate({"a": {"unknown": 1}}) == 1
    assert compile_expression("every(a, 'null == it.null')").holds({"a": [{"null": None}]})


def test_outer_is_an_ordinary_name_outside_of_conditions() -> None:
    assert compile_expression("outer.x + it").evaluate({"outer": {"x": 1}, "it": 2}) == 3
    assert compile_expression("every(a, 'x.outer == 1')").holds({"a": [{"x": {"outer": 1}}]})
    assert compile_expression("every(a, 'outer.outer == 1')").holds({"a": [0], "outer": 1})
