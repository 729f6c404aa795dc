"""Whatever the text and the data: an `ExpressionError` or plain data, and failures never open a door."""

import string

from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import JsonValue

from policy_dsl import (
    ANY,
    BOOL,
    NUMBER,
    TEXT,
    UNKNOWN,
    Expression,
    ExpressionError,
    Failure,
    Kind,
    ListType,
    MapType,
    OptionalType,
    RecordType,
    Type,
    Unknown,
    compile_expression,
)

WORDS = [
    *"abit",
    "it",
    "outer",
    "null",
    "true",
    "unknown",
    "and",
    "or",
    "not",
    "in",
    "if",
    "else",
    "len",
    "every",
]
SIGNS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "**",
    "'",
    '"',
    "\\",
    "é",
    "\n",
]
TOKENS = st.lists(st.sampled_from([*WORDS, *SIGNS, "1", "0.5", "'a'", "r'\\d'"]), max_size=25)
TEXTS = st.one_of(st.text(), st.text(string.printable), TOKENS.map(" ".join), TOKENS.map("".join))

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "t",
        "f",
        "n",
        "l",
        "m.k",
        "m['k']",
        "l[0]",
        "r.z",
        "1",
        "0",
        "2.5",
        "'x'",
        "''",
        "true",
        "null",
        "unknown",
    ]
)


def expressions_of(part: SearchStrategy[str]) -> SearchStrategy[str]:
    binary = st.sampled_from(
        [
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "in",
            "not in",
            "and",
            "or",
        ]
    )
    return st.one_of(
        st.builds("({} {} {})".format, part, binary, part),
        st.builds("({} < {} <= {})".format, part, part, part),
        st.builds("({} if {} else {})".format, part, part, part),
        st.builds("(not {})".format, part),
        st.builds("(-{})".format, part),
        st.builds("[{}, {}]".format, part, part),
        st.builds("({}).k".format, part),
        st.builds("({})[{}]".format, part, part),
        st.builds(
            "{}({})".format,
            st.sampled_from(["len", "abs", "round", "min", "sum", "is_unknown"]),
            part,
        ),
        st.builds("({}).{}()".format, part, st.sampled_from(["lower", "strip", "split"])),
        st.builds("({}).get({}, {})".format, part, part, part),
        st.builds("matches({}, '^x|y')".format, part),
        st.builds(
            '{}({}, "{}")'.format, st.sampled_from(["every", "some", "none", "count"]), part, part
        ),
    )


EXPRESSIONS = st.recursive(ATOMS, expressions_of, max_leaves=8)
CONDITIONS = st.recursive(
    st.sampled_from(
        [
            "a > 1",
            "f == true",
            "t == 'x'",
            "m.k < a",
            "unknown",
            "1 / n > a",
            "some(l, 'it > outer.a')",
        ]
    ),
    lambda part: st.one_of(
        st.builds("({} and {})".format, part, part),
        st.builds("({} or {})".format, part, part),
        st.builds("(not {})".format, part),
        st.builds("({} if {} else {})".format, part, part, part),
    ),
    max_leaves=6,
)

JSON: SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.sampled_from("abkz"), part, max_size=3)
    ),
    max_leaves=8,
)
ANY_DATA = st.dictionaries(st.sampled_from(["a", "b", "t", "f", "n", "l", "m", "r"]), JSON)
TYPED_DATA = st.fixed_dictionaries(
    {"a": st.integers(-3, 3), "t": st.sampled_from(["", "x", "xy"]), "f": st.booleans()},
    optional={
        "b": st.one_of(st.none(), st.floats(-2, 2)),
        "n": st.none(),
        "l": st.lists(st.integers(-3, 3), max_size=3),
        "m": st.dictionaries(st.sampled_from("kz"), st.integers(-3, 3)),
        "r": st.fixed_dictionaries({"z": st.booleans()}),
    },
)
SCHEMA = RecordType(
    {
        "a": NUMBER,
        "b": OptionalType(NUMBER),
        "t": TEXT,
        "f": BOOL,
        "n": OptionalType(NUMBER),
        "l": ListType(NUMBER),
        "m": MapType(NUMBER),
        "r": RecordType({"z": BOOL}),
        "any": ANY,
    }
)


def compiled(source: str, schema: RecordType | None = None) -> Expression | ExpressionError:
    try:
        return compile_expression(source, schema)
    except ExpressionError as error:
        return error


def is_plain(value: object) -> bool:
    return value is UNKNOWN or type(value) in (
        Failure,
        bool,
        int,
        float,
        str,
        list,
        dict,
        type(None),
    )


@settings(deadline=None, max_examples=400)
@given(source=TEXTS, names=ANY_DATA)
@example(source="'\ud800'", names={})
@example(source="fr'{a}'", names={})
def test_any_text_is_an_expression_or_an_expression_error(
    source: str, names: dict[str, object]
) -> None:
    expression = compiled(source)
    if isinstance(expression, ExpressionError):
        assert 1 <= expression.column <= len(source) + 1
    else:
        assert is_plain(expression.evaluate(names))


@settings(deadline=None, max_examples=300)
@given(source=EXPRESSIONS, names=ANY_DATA)
def test_any_expression_yields_plain_data_whatever_the_data(
    source: str, names: dict[str, object]
) -> None:
    expression = compiled(source)
    if isinstance(expression, ExpressionError):
        return
    value = expression.evaluate(names)
    assert is_plain(value)
    assert repr(expression.evaluate(names)) == repr(value)
    explained = expression.explain(names)
    if explained and explained[0].source == source:
        assert repr(explained[0].value) == repr(value)


KINDS: dict[type, Kind] = {
    bool: Kind.BOOL,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    str: Kind.TEXT,
    list: Kind.LIST,
    dict: Kind.MAP,
}


def kind_of(of_type: Type) -> Kind:
    match of_type:
        case OptionalType(inner=inner):
            return kind_of(inner)
        case ListType():
            return Kind.LIST
        case RecordType() | MapType():
            return Kind.MAP
        case _:
            return of_type


@settings(deadline=None, max_examples=300)
@given(source=EXPRESSIONS, names=TYPED_DATA)
def test_a_value_is_of_the_type_the_checker_found(source: str, names: dict[str, object]) -> None:
    expression = compiled(source, SCHEMA)
    if isinstance(expression, ExpressionError):
        return
    value = expression.evaluate(names)
    expected = kind_of(expression.type)
    if value is None or isinstance(value, Unknown | Failure) or expected is Kind.ANY:
        return
    assert KINDS[type(value)] is expected


@settings(deadline=None, max_examples=150)
@given(condition=CONDITIONS, names=TYPED_DATA, data=st.data())
def test_a_part_that_fails_never_makes_a_condition_true_that_wasnt(
    condition: str, names: dict[str, object], data: st.DataObject
) -> None:
    parts = ["a > 1", "f == true", "t == 'x'", "m.k < a", "unknown"]
    part = data.draw(st.sampled_from(parts))
    before = compile_expression(condition).evaluate(names)
    after = compile_expression(condition.replace(part, "(1 / 0 > 1)", 1)).evaluate(names)
    assert isinstance(after, Failure) or after == before


@settings(deadline=None, max_examples=150)
@given(condition=CONDITIONS, names=TYPED_DATA)
def test_a_missing_value_only_ever_makes_a_condition_unknown_or_leaves_it(
    condition: str, names: dict[str, object]
) -> None:
    before = compile_expression(condition).evaluate(names)
    for name in ("a", "f", "t", "m"):
        fewer = {key: value for key, value in names.items() if key != name}
        after = compile_expression(condition).evaluate(fewer)
        assert after is UNKNOWN or isinstance(after, Failure) or after == before
