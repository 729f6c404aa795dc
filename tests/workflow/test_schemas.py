"""Values against JSON Schemas: patterns in linear time, and the same answers as the library's own keywords."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import JsonValue

from workflow.schemas import explain_mismatch, find_schema_problem

PATTERNS = ("^a", "b$", "a|b", "[0-9]+", "^x-")


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^([a-z]+)*$"])
@pytest.mark.parametrize("place", ["pattern", "patternProperties", "additionalProperties"])
def test_a_pattern_that_python_would_never_finish_is_judged_at_once(
    pattern: str, place: str
) -> None:
    hostile = "a" * 60_000 + "!"
    schemas: dict[str, tuple[dict[str, JsonValue], JsonValue, bool]] = {
        "pattern": ({"pattern": pattern}, hostile, False),
        "patternProperties": ({"patternProperties": {pattern: False}}, {hostile: 1}, True),
        "additionalProperties": (
            {"patternProperties": {pattern: {}}, "additionalProperties": False},
            {hostile: 1},
            False,
        ),
    }
    schema, value, fits = schemas[place]
    problem = explain_mismatch(schema, value)
    assert (problem == "") is fits
    assert len(problem) < 1000


@pytest.mark.parametrize("pattern", ["(", r"^(?=.*\d)\w+$", r"(a)\1", "^.{0,4000}$"])
@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"properties": {"x": {"pattern": "%"}}}, ("properties", "x", "pattern")),
        ({"patternProperties": {"%": {}}}, ("patternProperties",)),
    ],
)
def test_a_schema_with_a_pattern_that_re2_can_not_read_is_refused_and_fits_nothing(
    pattern: str, schema: dict[str, JsonValue], place: tuple[str | int, ...]
) -> None:
    written = json.loads(json.dumps(schema).replace("%", json.dumps(pattern)[1:-1]))
    problem = find_schema_problem(written)
    assert problem is not None
    assert problem.path == place
    assert repr(pattern) in problem.message
    assert "can't be read" in explain_mismatch(written, {"x": "abc1"})


def test_a_pattern_in_an_example_is_no_pattern_of_the_schema() -> None:
    assert find_schema_problem({"enum": [{"pattern": "("}], "examples": [{"pattern": "("}]}) is None


@pytest.mark.parametrize(
    ("value", "fits"), [("\u00e9", True), ("e", False), ("\\u00e9", False), ("u00e9", False)]
)
def test_a_character_may_be_written_by_its_number(value: str, fits: bool) -> None:
    schema: dict[str, JsonValue] = {"pattern": r"^[\u00e0-\u00ef]$"}
    assert find_schema_problem(schema) is None
    assert (explain_mismatch(schema, value) == "") is fits


def test_an_escaped_backslash_before_a_u_stays_one() -> None:
    assert explain_mismatch({"pattern": r"^\\u00e9$"}, r"\u00e9") == ""


_schemas = st.fixed_dictionaries(
    {},
    optional={
        "pattern": st.sampled_from(PATTERNS),
        "properties": st.dictionaries(st.sampled_from("ab1"), st.just({"type": "integer"})),
        "patternProperties": st.dictionaries(
            st.sampled_from(PATTERNS), st.sampled_from([{}, {"type": "string"}, False, True])
        ),
        "additionalProperties": st.sampled_from([True, False, {"type": "integer"}]),
    },
)
_values = st.text("ab1x-", max_size=4) | st.dictionaries(
    st.text("ab1x-", max_size=3), st.integers(0, 3) | st.text("ab1", max_size=3), max_size=4
)


@settings(deadline=None, max_examples=100)
@given(_schemas, _values)
def test_the_answers_are_those_of_the_librarys_own_keywords(
    schema: dict[str, JsonValue], value: JsonValue
) -> None:
    assert (explain_mismatch(schema, value) == "") is Draft202012Validator(schema).is_valid(value)
