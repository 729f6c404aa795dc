"""What can never work is refused before it runs."""

import pytest

from policy_dsl import (
    ANY,
    BOOL,
    NULL,
    NUMBER,
    TEXT,
    ExpressionError,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
    compile_condition,
    compile_expression,
)

ITEM = RecordType({"name": TEXT, "cost_usd": NUMBER})
SCHEMA = RecordType(
    {
        "number": NUMBER,
        "text": TEXT,
        "flag": BOOL,
        "nothing": NULL,
        "anything": ANY,
        "maybe": OptionalType(NUMBER),
        "items": ListType(ITEM),
        "words": ListType(TEXT),
        "map": MapType(NUMBER),
        "record": OptionalType(ITEM),
    }
)


def type_of(source: str) -> Type:
    return compile_expression(source, SCHEMA).type


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1", NUMBER),
        ("'a'", TEXT),
        ("true", BOOL),
        ("null", NULL),
        ("unknown", NULL),
        ("number + 1", NUMBER),
        ("text + 'a'", TEXT),
        ("text + anything", TEXT),
        ("anything + text", TEXT),
        ("anything + anything", ANY),
        ("anything - anything", NUMBER),
        ("-maybe", NUMBER),
        ("number < 1 < maybe", BOOL),
        ("anything < text", BOOL),
        ("record.name", TEXT),
        ("record['name']", TEXT),
        ("record[text]", ANY),
        ("map.a", NUMBER),
        ("map['a']", NUMBER),
        ("map[text]", NUMBER),
        ("map.get('a')", OptionalType(NUMBER)),
        ("map.get('a', 0)", NUMBER),
        ("map.get('a', 'b')", ANY),
        ("record.get('name')", ANY),
        ("items[0].cost_usd", NUMBER),
        ("items[number].name", TEXT),
        ("anything[0].b", ANY),
        ("anything['a']", ANY),
        ("nothing.a", ANY),
        ("[]", ListType(ANY)),
        ("[1, 2]", ListType(NUMBER)),
        ("[1, 'a']", ListType(ANY)),
        ("[1, null]", ListType(OptionalType(NUMBER))),
        ("[null, 1]", ListType(OptionalType(NUMBER))),
        ("number if flag else maybe", OptionalType(NUMBER)),
        ("words", ListType(TEXT)),
        ("text.split()[0]", TEXT),
        ("len(items) > 2 and not flag", BOOL),
        ("every(items, 'cost_usd > 0')", BOOL),
        ("count(words, \"it == 'a'\")", NUMBER),
        ("every(anything, 'x.y > 0')", BOOL),
        ("some(items, 'cost_usd > outer.number')", BOOL),
        ("matches(text, 'a')", BOOL),
        ("is_unknown(maybe)", BOOL),
        ("text in words", BOOL),
        ("'a' in map", BOOL),
        ("anything in anything", BOOL),
        ("'a' if flag else 1", ANY),
    ],
)
def test_every_part_has_a_type(source: str, expected: Type) -> None:
    assert type_of(source) == expected


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("numbr", "column 1: unknown name 'numbr'; did you mean 'number'?"),
        ("record.nam", "column 8: unknown name 'nam'; did you mean 'name'?"),
        ("record['x']", "column 8: unknown name 'x'; known: cost_usd, name"),
        ("items[0].cost", "column 10: unknown name 'cost'; did you mean 'cost_usd'?"),
        ("text.lower", "column 6: a text has no field 'lower'; call it: .lower()"),
        (
            "words.x",
            "column 7: a list has no field 'x'",
        ),
        ("words['a']", "column 7: a list has no [a text]"),
        ("map[0]", "column 5: a map has no [a number]"),
        ("number[0]", "column 8: a number has no [a number]"),
        ("anything[flag]", "column 10: anything has no [true or false]"),
        ("-text", "column 2: '-' needs a number, not a text"),
        ("text * 2", "column 1: '*' needs a number, not a text"),
        ("text % number", "column 1: '%' needs a number, not a text"),
        ("number + text", "column 10: '+' can't join a number and a text"),
        ("flag + 1", "column 1: '+' needs a number or a text, not true or false"),
        ("number < text", "column 10: a number and a text have no order"),
        ("flag < flag", "column 8: true or false and true or false have no order"),
        ("1 < number < 'a'", "column 14: a number and a text have no order"),
        ("1 in number", "column 6: nothing can be in a number"),
        ("1 in text", "column 1: a number can't be in a text"),
        ("not number", "column 5: 'not' needs true or false, not a number"),
        ("flag and text", "column 10: 'and' needs true or false, not a text"),
        ("number or flag", "column 1: 'or' needs true or false, not a number"),
        ("1 if number else 2", "column 6: 'if' needs true or false, not a number"),
        ("matches(number, 'a')", "column 9: matches() needs a text, not a number"),
        ("len(number)", "column 5: len() needs a text or a list or a map, not a number"),
        ("every(text, 'true')", "column 7: every() needs a list, not a text"),
        (
            "every(items, 'cost_usd')",
            "column 15: the condition of every() needs true or false, not a number",
        ),
        ("every(items, 'price > 1')", "column 15: unknown name 'price'; known: cost_usd, name"),
        ("every(words, 'a > 1')", "column 15: a text has no field 'a'"),
        (
            "every(items, 'cost_usd > outer.nmber')",
            "column 32: unknown name 'nmber'; did you mean 'number'?",
        ),
    ],
)
def test_what_can_never_work_is_refused(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression(source, SCHEMA)
    assert str(refusal.value) == message


def test_without_a_schema_every_name_may_be_anything() -> None:
    assert compile_expression("any.thing[0] + 1").type is NUMBER


def test_a_condition_must_be_true_or_false() -> None:
    assert compile_condition("anything", SCHEMA).type is ANY
    assert compile_condition("null").type is NULL
    with pytest.raises(ExpressionError, match="must be true or false, not a number"):
        compile_condition("number", SCHEMA)


@pytest.mark.parametrize(
    ("source", "never_equal"),
    [
        ("'10' == 10", ("'10' == 10",)),
        ("flag and number != '1'", ("number != '1'",)),
        ("number in words", ("number in words",)),
        ("number not in [1, 2] or text == 'a'", ()),
        ("maybe == null and number == null", ()),
        ("anything == 1 == 1.0", ()),
    ],
)
def test_comparisons_of_different_kinds_are_remembered(
    source: str, never_equal: tuple[str, ...]
) -> None:
    assert compile_expression(source, SCHEMA).never_equal == never_equal


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("1 + 1 == 2", set()),
        ("every([1], 'it > 0')", set()),
        ("result.score > 1 or result.score < x", {"result.score", "x"}),
        ("steps['a b'].output == a[0].b", {"steps.a b.output", "a.*.b"}),
        ("a[i.j].k", {"a.*.k", "i.j"}),
        ("[1][i]", {"i"}),
        ("x.split()[0]", {"x"}),
        ("m.get('a').b", {"m"}),
        ("[m][0].b", {"m"}),
        ("every(r.steps, 'cost > outer.r.max')", {"r.steps", "r.steps.*.cost", "r.max"}),
        ("every(r, \"every(it.a, 'it > 1')\")", {"r", "r.*.a", "r.*.a.*"}),
        ("every(x.split(), \"it == 'a'\")", {"x"}),
        ("matches(t, 'a') and not -u > v", {"t", "u", "v"}),
        ("p if q else r", {"p", "q", "r"}),
        ("1 <= len(z)", {"z"}),
    ],
)
def test_the_names_it_depends_on_are_known(source: str, names: set[str]) -> None:
    expression = compile_expression(source)
    assert expression.names == names
    assert expression.constant is (not names)
