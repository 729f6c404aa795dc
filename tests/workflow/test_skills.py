"""The built-in skills: what they answer, what they refuse, and what none of them ever does."""

import copy
import json
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from telemetry import ErrorClass
from tests.workflow.json_documents import values
from workflow import BUILT_IN_SKILLS, AttemptError, SideEffects
from workflow.governance.personal_data import PersonalData
from workflow.skills import BUILT_IN_REFERENCES, check_built_in_params, find_built_in_manifest

Params = Mapping[str, JsonValue]


def call(reference: str, data: JsonValue, **params: JsonValue) -> object:
    return BUILT_IN_SKILLS[reference].function(data, **params)


def refusal(reference: str, data: JsonValue, params: Params) -> str:
    with pytest.raises(AttemptError) as caught:
        call(reference, data, **params)
    assert caught.value.error_class is ErrorClass.INVALID_INPUT
    return str(caught.value)


B, A, C, D = ({"n": "b", "a": 2}, {"n": "a", "a": 2}, {"n": "c"}, {"n": "d", "a": 1})
PEOPLE = [B, A, C, D]
FIGURES = ("count", "sum", "mean", "min", "max", "median", "p95", "stdev")


@pytest.mark.parametrize(
    ("reference", "data", "params", "answer"),
    [
        ("value.pass", {"a": 1}, {}, {"a": 1}),
        ("value.select", {"a": 1, "b": 2}, {"keys": ["a", "c"]}, {"a": 1, "c": None}),
        ("text.normalise", "  e\u0301 \n x ", {}, "é x"),
        ("text.normalise", None, {}, ""),
        ("text.normalise", {"a": [1]}, {}, '{"a":[1]}'),
        ("text.truncate", "abcdef", {"max_chars": 3}, "abc"),
        ("text.truncate", "abcdef", {"max_chars": 0}, ""),
        ("text.template", "Ada", {"text": "Hi {{ this }} {{ context.x }}", "context": {"x": 1}}, "Hi Ada 1"),
        ("text.template", "Ada", {"text": "Hi"}, "Hi"),
        ("text.split", " a \n\nb", {}, ["a", "b"]),
        ("text.split", "a,,b", {"separator": ",", "keep_empty": True}, ["a", "", "b"]),
        ("text.split", "", {}, []),
        ("text.count", "", {}, {"characters": 0, "words": 0, "lines": 0}),
        ("text.count", "é b\nc", {}, {"characters": 5, "words": 3, "lines": 2}),
        ("text.extract_regex", "no 12, no 34", {"pattern": r"\d+"}, "12"),
        ("text.extract_regex", "no 12, no 34", {"pattern": r"\d+", "every": True}, ["12", "34"]),
        ("text.extract_regex", "ü=1 b=2", {"pattern": r"(?P<k>\pL)=(\d)", "group": "k", "every": True}, ["ü", "b"]),
        ("text.extract_regex", "ü=1", {"pattern": r"(\pL)=(\d)", "group": 2}, "1"),
        ("text.extract_regex", "b", {"pattern": "(a)|b", "group": 1, "every": True}, [None]),
        ("text.extract_regex", "none", {"pattern": r"\d"}, None),
        ("text.extract_regex", "none", {"pattern": r"\d", "every": True}, []),
        ("text.extract_regex", "üxü", {"pattern": "x*", "every": True}, ["x"]),
        ("text.extract_regex", "aab", {"pattern": r"\ba", "every": True}, ["a"]),
        ("json.parse", '{"a": [1, 2.5, null]}', {}, {"a": [1, 2.5, None]}),
        ("json.select", {"a": [{"b/c": 1}]}, {"path": "/a/0/b~1c"}, 1),
        ("json.select", {"a": [{"b": 1}]}, {"path": "a[0].b"}, 1),
        ("json.select", [7], {"path": "[0]"}, 7),
        ("json.select", 7, {"path": ""}, 7),
        ("json.select", 7, {"path": "$"}, 7),
        ("json.select", {"a": None}, {"path": "a"}, None),
        ("json.select", {}, {"path": "a.b", "missing": "null"}, None),
        ("json.merge", [{"a": {"x": 1}, "b": 1}, {"a": {"y": 2}, "b": None}], {}, {"a": {"x": 1, "y": 2}, "b": None}),
        ("json.merge", [{"a": {"x": 1}}, {"a": {"y": 2}}], {"deep": False}, {"a": {"y": 2}}),
        ("json.merge", [{"a": [1]}, {"a": [2]}], {}, {"a": [2]}),
        ("json.merge", [], {}, {}),
        ("json.validate", {"a": 1}, {"schema": {"required": ["a"]}}, {"a": 1}),
        ("list.filter", [1, 5, 3], {"where": "item > 2"}, [5, 3]),
        ("list.filter", [1, 2, 3], {"where": "index != 1"}, [1, 3]),
        ("list.filter", PEOPLE, {"where": "item.a == 2"}, [B, A]),
        ("list.filter", [{"a": 1}, {}, {"a": None}], {"where": "item.a > 0"}, [{"a": 1}]),
        ("list.filter", [1, "1", True], {"where": "item == 1"}, [1]),
        ("list.sort", [3, 1, 2.5], {}, [1, 2.5, 3]),
        ("list.sort", ["b", "B", "a"], {}, ["B", "a", "b"]),
        ("list.sort", [True, False], {}, [False, True]),
        ("list.sort", ["10", "9"], {}, ["10", "9"]),
        ("list.sort", PEOPLE, {"by": "item.a"}, [D, B, A, C]),
        ("list.sort", PEOPLE, {"by": "item.a", "descending": True}, [B, A, D, C]),
        ("list.sort", [3, None, 1], {}, [1, 3, None]),
        ("list.dedupe", [1, 1.0, "1", True, 1, None, None], {}, [1, "1", True, None]),
        ("list.dedupe", [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}], {}, [{"a": 1, "b": 2}]),
        ("list.dedupe", PEOPLE, {"by": "item.a"}, [B, C, D]),
        ("list.chunk", [1, 2, 3], {"size": 2}, [[1, 2], [3]]),
        ("list.chunk", [1, 2, 3, 4], {"size": 3, "overlap": 1}, [[1, 2, 3], [3, 4]]),
        ("list.chunk", [1, 2], {"size": 5, "overlap": 4}, [[1, 2]]),
        ("list.chunk", [], {"size": 1}, []),
        ("math.score", {"a": 1, "b": 0.5}, {}, 0.75),
        ("math.score", {"a": 1, "b": 0.5, "c": "left out"}, {"weights": {"a": 1, "b": 3}}, 0.625),
        ("check.pii", "nothing here", {}, {"valid": True, "feedback": ""}),
        ("check.pii", {"to": "ann@example.org"}, {}, {"valid": False, "feedback": "personal data: email"}),
        ("check.pii", "ann@example.org", {"allow": ["email"]}, {"valid": True, "feedback": ""}),
        ("check.pii", "x" * 100_001, {}, {"valid": False, "feedback": "personal data: unscanned"}),
    ],
)  # fmt: skip
def test_what_they_answer(
    reference: str, data: JsonValue, params: Params, answer: JsonValue
) -> None:
    assert call(f"flujo.{reference}", data, **params) == answer


@pytest.mark.parametrize(
    ("reference", "data", "params", "reason"),
    [
        ("value.pass", 1, {"x": 1}, "there is no parameter 'x'"),
        ("value.select", "text", {"keys": ["a"]}, "an object is wanted, not a text"),
        ("value.select", {}, {}, "parameter 'keys' is missing"),
        ("value.select", {}, {"keys": "ab"}, "parameter 'keys'"),
        ("text.truncate", "abc", {"max_chars": -1}, "parameter 'max_chars'"),
        ("text.truncate", "abc", {"max_chars": "2"}, "parameter 'max_chars'"),
        ("text.truncate", "abc", {"max_chars": True}, "parameter 'max_chars'"),
        ("text.truncate", "abc", {"max_chars": 2.0}, "parameter 'max_chars'"),
        ("text.template", 1, {"text": "{{ nobody }}"}, "unknown name 'nobody'"),
        ("text.template", "x" * 1_000_000, {"text": "{{ this }}" * 10}, "larger than 4 MiB"),
        ("text.normalise", "x" * (4 * 1024 * 1024 + 1), {}, "larger than 4 MiB"),
        ("text.split", 7, {}, "a text is wanted, not a number"),
        ("text.split", None, {}, "a text is wanted, not null"),
        ("text.split", "a", {"separator": ""}, "parameter 'separator'"),
        ("text.split", "," * 100_000, {"separator": ","}, "more than 100,000 parts"),
        ("text.count", [1], {}, "a text is wanted, not a list"),
        ("text.extract_regex", "a", {"pattern": "("}, "parameter 'pattern': RE2 can't read it"),
        ("text.extract_regex", "a", {"pattern": r"(a)\1"}, "parameter 'pattern': RE2 can't read it"),
        ("text.extract_regex", "a", {"pattern": "a", "group": 1}, "no group 1"),
        ("text.extract_regex", "a", {"pattern": "a", "group": "x"}, "no group 'x'"),
        ("text.extract_regex", "a", {"pattern": "a" * 1001}, "parameter 'pattern'"),
        ("text.extract_regex", "\ud800", {"pattern": "a"}, "half a character"),
        ("text.extract_regex", "a", {"pattern": "\ud800"}, "parameter 'pattern'"),
        ("text.extract_regex", "é" * 3_000_000, {"pattern": "a"}, "larger than 4 MiB"),
        ("json.parse", "{'a': 1}", {}, "isn't JSON"),
        ("json.parse", "NaN", {}, "isn't JSON"),
        ("json.parse", "", {}, "isn't JSON"),
        ("json.parse", "[" * 100_000, {}, "isn't JSON"),
        ("json.parse", "[" * 500 + "]" * 500, {}, "isn't plain JSON data"),
        ("json.parse", "\ud800", {}, "half a character"),
        ("json.parse", {"a": 1}, {}, "a text is wanted, not an object"),
        ("json.select", {"a": 1}, {"path": "b"}, "there is nothing at 'b'"),
        ("json.select", [1], {"path": "/01"}, "there is nothing at '/01'"),
        ("json.select", {"a": 1}, {"path": "/~2"}, "isn't a JSON Pointer"),
        ("json.select", {"a": 1}, {"path": "a..b"}, "isn't a yaml path"),
        ("json.select", {"a": 1}, {"path": "a", "missing": "zero"}, "parameter 'missing'"),
        ("json.merge", [{}, 1], {}, "item 1 isn't an object"),
        ("json.merge", {}, {}, "a list is wanted, not an object"),
        ("json.validate", {}, {"schema": {"required": ["a"]}}, "'a' is a required property"),
        ("json.validate", {}, {"schema": {"type": "nothing"}}, "not a JSON Schema"),
        ("list.filter", [1, "a"], {"where": "item > 0"}, "item 1: "),
        ("list.filter", [1], {"where": "item.x and"}, "parameter 'where': "),
        ("list.filter", [1], {"where": "other == 1"}, "other"),
        ("list.filter", [1], {"where": "'text'"}, "true or false"),
        ("list.filter", [0] * 10_001, {"where": "item == 0"}, "more than 10,000 items"),
        ("list.sort", [1, "a"], {}, "a number and a text have no order"),
        ("list.sort", [1, True], {}, "a number and true or false have no order"),
        ("list.sort", [[1], [2]], {}, "a list has no order"),
        ("list.sort", [float("inf")], {}, "item 0: "),
        ("list.chunk", [1], {"size": 0}, "parameter 'size'"),
        ("list.chunk", [1], {"size": 2, "overlap": 2}, "an overlap of 2"),
        ("list.chunk", [0] * 100_000, {"size": 50_000, "overlap": 49_999}, "items in all chunks"),
        ("list.chunk", [0] * 100_001, {"size": 1}, "more than 100,000 items"),
        ("math.stats", [1, "2"], {}, "1 must be a number, not a text"),
        ("math.stats", [True], {}, "0 must be a number, not true or false"),
        ("math.stats", [float("nan")], {}, "isn't a finite number"),
        ("math.stats", [1e308, 1e308], {}, "too large to add"),
        ("math.score", {}, {}, "nothing to weigh"),
        ("math.score", {"a": 1}, {"weights": {"a": 0}}, "nothing to weigh"),
        ("math.score", {"a": 1}, {"weights": {"b": 1}}, "there is no number 'b'"),
        ("math.score", {"a": 2}, {}, "'a' must be from 0 to 1, not 2"),
        ("math.score", {"a": "1"}, {}, "'a' must be a number, not a text"),
        ("math.score", {"a": 1}, {"weights": {"a": -1}}, "parameter 'weights'"),
        ("check.length", "a", {"min_chars": None}, "parameter 'min_chars'"),
        ("check.contains", "a", {"words": "a"}, "parameter 'words'"),
        ("check.schema", 1, {"schema": {"type": "nothing"}}, "not a JSON Schema"),
        ("check.pii", "a", {"allow": ["name"]}, "parameter 'allow'"),
    ],
)  # fmt: skip
def test_bad_data_is_refused_in_a_sentence(
    reference: str, data: JsonValue, params: Params, reason: str
) -> None:
    assert reason in refusal(f"flujo.{reference}", data, params)


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
    reference: str, data: JsonValue, params: Params, feedback: str
) -> None:
    verdict = call(reference, data, **params)
    assert isinstance(verdict, dict)
    assert verdict["valid"] is (not feedback)
    assert feedback in verdict["feedback"]


@pytest.mark.parametrize(
    ("numbers", "figures"),
    [
        ([3, 1, 2], (3, 6.0, 2.0, 1.0, 3.0, 2.0, 2.9, 1.0)),
        ([4], (1, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, None)),
        ([1e200, -1e200], (2, 0.0, 0.0, -1e200, 1e200, 0.0, 0.9e200, 2**0.5 * 1e200)),
        ([], (0, 0.0, None, None, None, None, None, None)),
    ],
)
def test_a_list_of_numbers_is_described(numbers: list[JsonValue], figures: tuple[float]) -> None:
    assert call("flujo.math.stats", numbers) == pytest.approx(
        dict(zip(FIGURES, figures, strict=True))
    )


def test_a_schema_never_fetches_what_it_refers_to() -> None:
    verdict = call("flujo.check.schema", 1, schema={"$ref": "http://127.0.0.1:9/x.json"})
    assert isinstance(verdict, dict)
    assert verdict["valid"] is False
    assert "which isn't in it" in verdict["feedback"]


def test_the_kinds_that_may_be_allowed_are_those_that_are_found() -> None:
    for kind in PersonalData:
        assert call("flujo.check.pii", "", allow=[kind.value])


def test_a_search_that_would_begin_anew_at_every_character_is_cut_short() -> None:
    params: Params = {"pattern": "a[^b]*b|a", "every": True}
    assert "take too long" in refusal("flujo.text.extract_regex", "a" * 200_000, params)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(.*)(.*)(.*)b"])
def test_a_pattern_that_python_would_never_finish_is_no_match(pattern: str) -> None:
    assert call("flujo.text.extract_regex", "a" * 100_000, pattern=pattern) is None


def test_all_are_pure_and_say_what_they_do() -> None:
    for reference, skill in BUILT_IN_SKILLS.items():
        assert skill.reference == reference
        assert skill.side_effects is SideEffects.PURE
        assert skill.description.endswith(".")


def test_every_one_has_a_manifest() -> None:
    for reference in BUILT_IN_REFERENCES:
        manifest = find_built_in_manifest(reference)
        assert manifest is not None
        assert manifest.reference == reference
        assert manifest.is_deterministic is (reference != "flujo.http.get")
        assert manifest.params_schema["additionalProperties"] is False
        assert json.loads(json.dumps(manifest.params_schema)) == manifest.params_schema


@pytest.mark.parametrize("reference", sorted(BUILT_IN_SKILLS))
@settings(deadline=None, max_examples=30)
@given(data=values, params=st.dictionaries(st.text(max_size=3), values, max_size=2))
def test_none_ever_fails_in_another_way_or_changes_its_input(
    reference: str, data: JsonValue, params: dict[str, JsonValue]
) -> None:
    before = copy.deepcopy(data)
    for given_params in ({}, params, _some_params(reference)):
        try:
            first = call(reference, data, **given_params)
        except AttemptError as error:
            if error.error_class is not ErrorClass.INVALID_INPUT:
                raise
        else:
            assert first == call(reference, data, **given_params)
    assert data == before


def _some_params(reference: str) -> dict[str, JsonValue]:
    """Fill in what is required with the first thing of its type."""
    manifest = find_built_in_manifest(reference)
    assert manifest is not None
    values: dict[str, JsonValue] = {
        "keys": ["a"],
        "words": ["a"],
        "schema": {"type": "object"},
        "text": "{{ this }}",
        "pattern": "a*",
        "path": "a",
        "where": "item == 1",
        "size": 2,
    }
    required = manifest.params_schema["required"]
    assert isinstance(required, list)
    return {str(name): values[str(name)] for name in required}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(-5, 5) | st.floats(-5, 5)))
def test_sorting_keeps_every_item_and_orders_them(items: list[JsonValue]) -> None:
    assert call("flujo.list.sort", items) == sorted(items)  # type: ignore[type-var]
    descending = call("flujo.list.sort", items, descending=True)
    assert descending == sorted(items, reverse=True)  # type: ignore[type-var]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 99), max_size=30), st.integers(1, 7), st.integers(0, 6))
def test_chunks_hold_everything_once_and_the_overlap_twice(
    items: list[JsonValue], size: int, overlap: int
) -> None:
    if overlap >= size:
        return
    chunks = call("flujo.list.chunk", items, size=size, overlap=overlap)
    assert isinstance(chunks, list)
    joined = [
        item for number, chunk in enumerate(chunks) for item in chunk[overlap if number else 0 :]
    ]
    assert joined == items
    assert all(1 <= len(chunk) <= size for chunk in chunks)


@settings(deadline=None, max_examples=50)
@given(st.lists(values, max_size=8))
def test_removing_duplicates_twice_removes_no_more(items: list[JsonValue]) -> None:
    try:
        once = call("flujo.list.dedupe", items)
    except AttemptError:
        return
    assert isinstance(once, list)
    assert call("flujo.list.dedupe", once) == once


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), min_size=1, max_size=6))
def test_a_score_lies_between_its_parts(parts: dict[str, float]) -> None:
    score = call("flujo.math.score", dict(parts))
    assert isinstance(score, float)
    assert min(parts.values()) - 1e-12 <= score <= min(1.0, max(parts.values()) + 1e-12)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_figures_lie_between_the_smallest_and_the_largest(numbers: list[JsonValue]) -> None:
    stats = call("flujo.math.stats", numbers)
    assert isinstance(stats, dict)
    for name in ("mean", "median", "p95"):
        assert stats["min"] - 1e-6 <= stats[name] <= stats["max"] + 1e-6


@settings(deadline=None, max_examples=50)
@given(
    st.text(alphabet="abü1 \n", max_size=40), st.sampled_from(["a+", "[ab]", "ü", r"\bb", "1|a"])
)
def test_matches_are_those_of_python_where_both_read_the_pattern_alike(
    text: str, pattern: str
) -> None:
    expected = [match.group() for match in re.finditer(pattern, text, re.ASCII)]
    assert call("flujo.text.extract_regex", text, pattern=pattern, every=True) == expected


def test_what_a_spec_gives_is_checked_as_a_call_would() -> None:
    problems = check_built_in_params("flujo.text.truncate", {"max_char": 3, "max_chars": "3"})
    assert {problem.name for problem in problems} == {"max_char", "max_chars"}
    assert check_built_in_params("flujo.text.truncate", {"max_chars": 3}) == ()
    assert check_built_in_params("flujo.http.get", {}) == ()
    assert check_built_in_params("flujo.http.get", {"url": "https://a.example"}) == ()
    (problem,) = check_built_in_params("flujo.list.sort", {"by": "item."})
    assert problem.name == "by"
    (problem,) = check_built_in_params("flujo.http.get", {"timeout_s": 3})
    assert problem.name == "url"
    assert check_built_in_params("flujo.no.such", {"a": 1}) == ()
