"""The built-in skills."""

import pytest
from pydantic import JsonValue

from workflow import BUILT_IN_SKILLS, SideEffects


def call(reference: str, data: JsonValue, **params: JsonValue) -> object:
    return BUILT_IN_SKILLS[reference].function(data, **params)


@pytest.mark.parametrize(
    ("reference", "data", "params", "answer"),
    [
        ("flujo.value.pass", {"a": 1}, {}, {"a": 1}),
        ("flujo.value.select", {"a": 1, "b": 2}, {"keys": ["a", "c"]}, {"a": 1, "c": None}),
        ("flujo.value.select", "text", {"keys": ["a"]}, {"a": None}),
        ("flujo.text.normalise", "  e\u0301 \n x ", {}, "é x"),
        ("flujo.text.normalise", None, {}, ""),
        ("flujo.text.truncate", "abcdef", {"max_chars": 3}, "abc"),
        ("flujo.text.truncate", "abcdef", {"max_chars": -3}, ""),
        ("flujo.text.template", "Ada", {"text": "Hi {{ this }} {{ context.x }}", "context": {"x": 1}}, "Hi Ada 1"),
    ],
)  # fmt: skip
def test_what_they_answer(
    reference: str, data: JsonValue, params: dict[str, JsonValue], answer: JsonValue
) -> None:
    assert call(reference, data, **params) == answer


@pytest.mark.parametrize(
    ("reference", "data", "params", "feedback"),
    [
        ("flujo.check.length", "abc", {"min_chars": 3, "max_chars": 3}, ""),
        ("flujo.check.length", "ab", {"min_chars": 3}, "2 characters; between 3 and 10000"),
        ("flujo.check.length", None, {}, "0 characters"),
        ("flujo.check.contains", "Hello World", {"words": ["world"]}, ""),
        ("flujo.check.contains", "Hello", {"words": ["hello", "world"]}, "missing: world"),
        ("flujo.check.schema", {"a": 1}, {"schema": {"required": ["a"]}}, ""),
        ("flujo.check.schema", {}, {"schema": {"required": ["a"]}}, "'a' is a required property"),
    ],
)
def test_checks_say_what_is_missing(
    reference: str, data: JsonValue, params: dict[str, JsonValue], feedback: str
) -> None:
    verdict = call(reference, data, **params)
    assert isinstance(verdict, dict)
    assert verdict["valid"] is (not feedback)
    assert feedback in verdict["feedback"]


def test_a_schema_never_fetches_what_it_refers_to() -> None:
    verdict = call("flujo.check.schema", 1, schema={"$ref": "http://127.0.0.1:9/x.json"})
    assert isinstance(verdict, dict)
    assert verdict["valid"] is False
    assert "which isn't in it" in verdict["feedback"]


def test_all_are_pure_and_say_what_they_do() -> None:
    for reference, skill in BUILT_IN_SKILLS.items():
        assert skill.reference == reference
        assert skill.side_effects is SideEffects.PURE
        assert skill.description.endswith(".")
