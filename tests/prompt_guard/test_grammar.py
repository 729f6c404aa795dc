"""The strict grammar, each rule from both sides."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prompt_guard import Rejection, RejectionReason, check_operations
from tests.prompt_guard.specs import op
from workflow import JsonPatch

R = RejectionReason
RETRIES = "/steps/0/config/max_retries"


def _nest(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


def reason_of(data: object) -> RejectionReason | None:
    checked = check_operations(data)
    return checked.reason if isinstance(checked, Rejection) else None


@pytest.mark.parametrize(
    "operation",
    [
        op("add", RETRIES, 2),
        op("replace", RETRIES, 2.5),
        op("test", RETRIES, None),
        op("remove", RETRIES),
        op("move", "/steps/0", **{"from": "/steps/1"}),
        op("add", "/steps/-", {"name": "a", "uses": "flujo.value.pass"}),
        op("move", "/steps/-", **{"from": "/steps/0"}),
        op("add", "/steps/10/meta/a~1b~0c", "two\nlines\tand a tab"),
        op("add", "/agents/über", {"model": "sim:small"}),
        op("add", "/meta/0x1", 1),
    ],
)
def test_ordinary_operations_pass(operation: dict[str, object]) -> None:
    checked = check_operations([operation])
    assert isinstance(checked, JsonPatch)
    assert checked.to_json() == [operation]


@pytest.mark.parametrize(
    "data", ['[{"op":"add","path":"/a","value":1}]', b"[]", {}, None, 1, (op("remove", "/a"),)]
)
def test_only_a_parsed_list_is_a_patch(data: object) -> None:
    assert reason_of(data) is R.NOT_A_LIST


def test_an_empty_patch_is_refused() -> None:
    assert reason_of([]) is R.EMPTY


def test_fifty_operations_pass_and_fifty_one_do_not() -> None:
    assert reason_of([op("test", RETRIES, 1)] * 50) is None
    assert reason_of([op("test", RETRIES, 1)] * 51) is R.TOO_MANY_OPERATIONS


@pytest.mark.parametrize(
    "operation",
    [
        "add",
        None,
        [],
        op("add", RETRIES),
        op("remove", RETRIES, 1),
        op("move", RETRIES),
        op("add", RETRIES, 1, **{"from": "/a"}),
        op("add", RETRIES, 1, comment="harmless"),
        {"op": "add", "value": 1},
        op("add", RETRIES, (1, 2)),
        op("add", RETRIES, {1: 2}),
        op("add", RETRIES, {"a": {True: 2}}),
        op("add", RETRIES, object()),
    ],
)
def test_an_operation_has_exactly_its_members_and_json_values(operation: object) -> None:
    assert reason_of([operation]) is R.MALFORMED


@pytest.mark.parametrize(
    "operation",
    [
        op("copy", "/steps/1", **{"from": "/steps/0"}),
        op("merge", RETRIES, 1),
        op("ADD", RETRIES, 1),
        {"op": ["add"], "path": RETRIES, "value": 1},
        {"op": _nest(100_000), "path": RETRIES, "value": 1},
        {"path": RETRIES, "value": 1},
    ],
)
def test_operations_outside_the_list_are_refused(operation: object) -> None:
    assert reason_of([operation]) is R.FORBIDDEN_OPERATION


@pytest.mark.parametrize(
    "path",
    [
        "",
        "steps/0",
        "#/steps/0",
        "/",
        "/steps//name",
        "/steps/0/",
        "/steps/-0",
        "/steps/+1",
        "/steps/-1",
        "/steps/00",
        "/steps/01/name",
        "/steps/\u0661",
        "/steps/²",
        "/steps/-/name",
        "/steps/~2",
        "/steps/~",
        "/__proto__/x",
        "/steps/0/constructor",
        "/steps/0/prototype",
        "/steps/0/na\u202eme",
        "/steps/0/na\u200bme",
        "/steps/0/na\U000e0041me",
        "/steps/0/na\nme",
        "/steps/0/na\x00me",
        "/ﬁeld",
        "/ｓteps/0",
        "/u\u0308ber",
        "/" + "a" * 1000,
        7,
        None,
        ["steps", 0],
    ],
)
def test_crooked_paths_are_refused(path: object) -> None:
    operation = {"op": "add", "path": path, "value": 1}
    assert reason_of([op("test", RETRIES, 1), operation]) is R.FORBIDDEN_PATH
    assert reason_of([{"op": "move", "path": "/a", "from": path}]) is R.FORBIDDEN_PATH


@pytest.mark.parametrize("kind", ["replace", "test"])
def test_appending_is_only_for_what_adds(kind: str) -> None:
    assert reason_of([op(kind, "/steps/-", 1)]) is R.FORBIDDEN_PATH
    assert reason_of([op("remove", "/steps/-")]) is R.FORBIDDEN_PATH
    assert reason_of([op("move", "/steps/0", **{"from": "/steps/-"})]) is R.FORBIDDEN_PATH


@pytest.mark.parametrize(
    "text",
    [
        "bell\x07",
        "escape\x1b[31m",
        "carriage\rreturn",
        "bidi\u202e",
        "isolate\u2066",
        "zero\u200bwidth",
        "joiner\u200d",
        "bom\ufeff",
        "tag\U000e0041",
        "selector\ufe0f",
        "selector\U000e0100",
        "filler\u3164",
        "grapheme\u034f",
        "line\u2028separator",
        "private\ue000",
        "lone\ud800",
        "unassigned\U000e0fff",
        "soft\u00adhyphen",
    ],
)
def test_text_that_hides_something_is_refused_wherever_it_stands(text: str) -> None:
    assert reason_of([op("add", RETRIES, text)]) is R.UNSAFE_TEXT
    assert reason_of([op("add", RETRIES, [{"a": [text]}])]) is R.UNSAFE_TEXT
    assert reason_of([op("add", RETRIES, {text: 1})]) is R.UNSAFE_TEXT
    assert reason_of([op("test", RETRIES, text)]) is R.UNSAFE_TEXT


@pytest.mark.parametrize("text", ["naïve café", "日本語", "Ελληνικά", "🙂", "a\nb\tc"])
def test_ordinary_text_of_any_language_passes(text: str) -> None:
    assert reason_of([op("add", RETRIES, text)]) is None


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53), 1e300, 10**400]
)
def test_numbers_json_cannot_hold_are_refused(number: float) -> None:
    assert reason_of([op("add", RETRIES, {"a": number})]) is R.UNSAFE_NUMBER


@pytest.mark.parametrize("number", [0, -1, 2**53 - 1, 0.1, 5e-324, True, False, None])
def test_ordinary_numbers_pass(number: object) -> None:
    assert reason_of([op("add", RETRIES, number)]) is None


@pytest.mark.parametrize("key", ["__proto__", "constructor", "prototype"])
def test_keys_that_poison_objects_elsewhere_are_refused(key: str) -> None:
    assert reason_of([op("add", RETRIES, {"a": {key: 1}})]) is R.FORBIDDEN_PATH


def test_values_nest_sixteen_deep_at_most() -> None:
    # The operation itself is the first level.
    assert reason_of([op("add", RETRIES, _nest(15))]) is None
    assert reason_of([op("add", RETRIES, _nest(16))]) is R.TOO_DEEP
    assert reason_of([op("add", RETRIES, _nest(100_000))]) is R.TOO_DEEP


@pytest.mark.parametrize(
    "value", ["x" * 65_536, "é" * 32_768, ["x" * 20_000] * 4, list(range(20_000)), {}]
)
def test_a_patch_is_at_most_64_kib(value: object) -> None:
    expected = None if value == {} else R.TOO_LARGE
    assert reason_of([op("add", RETRIES, value)]) is expected


def test_the_size_counts_over_all_operations() -> None:
    assert reason_of([op("add", RETRIES, "x" * 40_000)]) is None
    checked = check_operations([op("add", RETRIES, "x" * 40_000)] * 2)
    assert isinstance(checked, Rejection)
    assert (checked.reason, checked.index) == (R.TOO_LARGE, 1)


@pytest.mark.parametrize(
    "data",
    [
        [op("add", RETRIES, "x" * 10_000_000)],
        [op("add", RETRIES, [0] * 1_000_000)],
        [op("add", RETRIES, 1)] * 100_000,
    ],
    ids=["10 MB of text", "a million numbers", "100,000 operations"],
)
def test_size_is_refused_without_walking_it(data: object) -> None:
    started = time.perf_counter()
    assert reason_of(data) is not None
    # Generous: the walk would take seconds, the refusal takes a few milliseconds.
    assert time.perf_counter() - started < 1.0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "test", "copy"]) | st.text()},
    optional={"path": st.text() | _JSON, "value": _JSON, "from": st.text(), "x": _JSON},
)


@given(_JSON | st.lists(_OPERATIONS | _JSON, max_size=4))
@settings(deadline=None, max_examples=50)
def test_anything_at_all_is_either_a_patch_or_a_rejection(data: object) -> None:
    checked = check_operations(data)
    if isinstance(checked, JsonPatch):
        assert json.dumps(checked.to_json()) == json.dumps(data)
    else:
        assert isinstance(checked.reason, RejectionReason)
        assert str(checked)
