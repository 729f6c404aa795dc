import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import JsonValue

from tests.workflow.json_documents import edited_documents
from workflow import (
    JsonPatch,
    Operation,
    PatchConflictError,
    PatchError,
    apply_patch,
    invert_patch,
    lock_patch,
    parse_patch,
)
from workflow.json_data import is_identical

SUITE = Path(__file__).parent / "json_patch_tests"


def read_suite(*, disabled: bool = False) -> list[Any]:
    return [
        pytest.param(record, id=f"{name}-{index}")
        for name in ("tests", "spec_tests")
        for index, record in enumerate(json.loads((SUITE / f"{name}.json").read_text()))
        if bool(record.get("disabled")) is disabled
    ]


def run(document: JsonValue, operations: list[JsonValue]) -> JsonValue:
    patch = parse_patch(operations) if operations else JsonPatch(())
    return apply_patch(document, patch)


def test_all_108_records_of_the_public_suite_are_run() -> None:
    assert len(read_suite()) == 108


def test_the_other_4_are_switched_off_by_the_suite_itself() -> None:
    """Two of them repeat a member, which nobody can see after JSON is parsed; the other two hold here."""
    records = [param.values[0] for param in read_suite(disabled=True)]
    assert [record["comment"] for record in records] == [
        "Toplevel scalar values OK?",
        "Whole document",
        "duplicate ops",
        "A.13 Invalid JSON Patch Document",
    ]
    assert run("foo", records[0]["patch"]) == "bar"
    assert run(records[1]["doc"], records[1]["patch"]) == records[1]["doc"]


@pytest.mark.parametrize("record", read_suite())
def test_the_public_suite_passes(record: dict[str, Any]) -> None:
    if "error" in record:
        with pytest.raises(PatchError):
            run(record["doc"], record["patch"])
        return
    patched = run(record["doc"], record["patch"])
    if "expected" in record:
        assert patched == record["expected"]


@pytest.mark.parametrize(
    ("data", "reason", "index"),
    [
        ({"op": "add"}, "a patch is a list", -1),
        ("[]", "a patch is a list", -1),
        ([], "an empty patch", -1),
        (["add"], "an operation is an object", 0),
        ([{"path": "/a"}], "unknown operation None", 0),
        ([{"op": "append", "path": "/a", "value": 1}], "unknown operation 'append'", 0),
        ([{"op": ["add"], "path": "/a"}], "unknown operation", 0),
        ([{"op": "remove"}], "needs a 'path'", 0),
        ([{"op": "remove", "path": 0}], "needs a 'path'", 0),
        (
            [{"op": "remove", "path": "/a"}, {"op": "remove", "path": "a"}],
            "isn't a JSON Pointer",
            1,
        ),
        ([{"op": "remove", "path": "/~2"}], "isn't a JSON Pointer", 0),
        ([{"op": "add", "path": "/a"}], "needs a 'value'", 0),
        ([{"op": "test", "path": "/a"}], "needs a 'value'", 0),
        ([{"op": "move", "path": "/a"}], "needs a 'from'", 0),
        ([{"op": "copy", "path": "/a", "from": None}], "needs a 'from'", 0),
        ([{"op": "add", "path": "/a", "value": math.nan}], "isn't a JSON number", 0),
        ([{"op": "add", "path": "/a", "value": {"b": [math.inf]}}], "isn't a JSON number", 0),
        ([{"op": "add", "path": "/a", "value": "\ud800"}], "lone surrogate", 0),
        ([{"op": "add", "path": "/a", "value": {"\udfff": 1}}], "lone surrogate", 0),
        ([{"op": "add", "path": "/\ud800", "value": 1}], "lone surrogate", 0),
        ([{"op": "add", "path": "/a", "value": {1: 2}}], "key", 0),
        ([{"op": "add", "path": "/a", "value": b"x"}], "bytes isn't JSON", 0),
    ],
)
def test_what_is_no_patch_is_refused_with_its_index(data: Any, reason: str, index: int) -> None:
    with pytest.raises(PatchError, match=reason) as caught:
        parse_patch(data)
    assert caught.value.index == index
    assert not isinstance(caught.value, PatchConflictError)


def test_a_value_nested_beyond_reason_is_refused() -> None:
    value: JsonValue = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(PatchError, match="nested"):
        parse_patch([{"op": "add", "path": "/a", "value": value}])
    while isinstance(value, list) and value:
        value = value.pop()


def test_unknown_members_are_ignored() -> None:
    patch = parse_patch([{"op": "remove", "path": "/a", "value": 3, "from": 1, "why": "because"}])
    assert patch.to_json() == [{"op": "remove", "path": "/a"}]


def test_a_patch_is_written_as_it_was_read() -> None:
    data: list[JsonValue] = [
        {"op": "test", "path": "/a", "value": None},
        {"op": "move", "path": "/b", "from": ""},
        {"op": "add", "path": "/c/-", "value": {"x": [1]}},
    ]
    assert parse_patch(data).to_json() == data


@pytest.mark.parametrize(
    ("held", "tested", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, False, False),
        ({"a": [1]}, {"a": [True]}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ([1, 2], [2, 1], False),
        ("é", "e\u0301", False),
    ],
)
def test_testing_is_type_strict(held: JsonValue, tested: JsonValue, equal: bool) -> None:
    patch = parse_patch([{"op": "test", "path": "/x", "value": tested}])
    if equal:
        assert apply_patch({"x": held}, patch) == {"x": held}
        return
    with pytest.raises(PatchConflictError, match="test failed"):
        apply_patch({"x": held}, patch)


def test_a_patch_that_fails_half_way_changes_nothing() -> None:
    document: JsonValue = {"a": {"b": [1]}}
    patch = parse_patch(
        [{"op": "add", "path": "/a/b/-", "value": 2}, {"op": "remove", "path": "/nope"}]
    )
    with pytest.raises(PatchConflictError) as caught:
        apply_patch(document, patch)
    assert caught.value.index == 1
    assert document == {"a": {"b": [1]}}


def test_a_patched_document_shares_nothing_with_its_sources() -> None:
    value: JsonValue = {"deep": []}
    document: JsonValue = {"kept": {"list": [1]}}
    patch = parse_patch(
        [
            {"op": "add", "path": "/new", "value": value},
            {"op": "copy", "path": "/twice", "from": "/new"},
        ]
    )
    patched: Any = apply_patch(document, patch)
    patched["new"]["deep"].append(1)
    patched["kept"]["list"].append(2)
    assert value == {"deep": []}
    assert document == {"kept": {"list": [1]}}
    assert patched["twice"] == {"deep": []}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "move", "from": "/a", "path": "/a/b"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/list/-", "value": 1},
        {"op": "add", "path": "/list/01", "value": 1},
        {"op": "add", "path": "/list/4", "value": 1},
        {"op": "add", "path": "/list/٠", "value": 1},
        {"op": "add", "path": "/text/0", "value": 1},
        {"op": "remove", "path": "/__class__"},
    ],
)
def test_what_does_not_fit_is_a_conflict(operation: dict[str, JsonValue]) -> None:
    patch = parse_patch([operation])
    document: JsonValue = {"a": {"b": 1}, "list": [1, 2], "text": "x"}
    for use in (apply_patch, invert_patch, lock_patch):
        with pytest.raises(PatchConflictError) as caught:
            use(document, patch)
        assert caught.value.index == 0


@given(edited_documents())
@settings(deadline=None, max_examples=150)
def test_the_inverse_restores_the_document(edited: tuple[JsonValue, JsonPatch]) -> None:
    document, patch = edited
    inverse = invert_patch(document, patch)
    assert is_identical(apply_patch(apply_patch(document, patch), inverse), document)


@given(edited_documents())
@settings(deadline=None, max_examples=100)
def test_a_patch_survives_json(edited: tuple[JsonValue, JsonPatch]) -> None:
    _, patch = edited
    assert parse_patch(json.loads(json.dumps(patch.to_json()))).to_json() == patch.to_json()


@given(edited_documents())
@settings(deadline=None, max_examples=100)
def test_a_locked_patch_has_the_same_effect_and_locking_is_done_once(
    edited: tuple[JsonValue, JsonPatch],
) -> None:
    document, patch = edited
    locked = lock_patch(document, patch)
    assert is_identical(apply_patch(document, locked), apply_patch(document, patch))
    assert lock_patch(document, locked) == locked
    edits = [operation for operation in patch.operations if operation.op != "test"]
    assert [operation for operation in locked.operations if operation.op != "test"] == edits


@pytest.mark.parametrize(
    ("operation", "inverse"),
    [
        (
            {"op": "move", "from": "/steps/0", "path": "/steps/1"},
            [Operation("move", "/steps/0", from_path="/steps/1")],
        ),
        ({"op": "add", "path": "/steps/-", "value": 1}, [Operation("remove", "/steps/2")]),
        ({"op": "add", "path": "/name", "value": "new"}, [Operation("replace", "/name", "flow")]),
        (
            {"op": "remove", "path": "/steps/0"},
            [Operation("add", "/steps/0", {"name": "a", "config": {"x": 1}})],
        ),
        ({"op": "test", "path": "/name", "value": "flow"}, []),
    ],
)
def test_an_inverse_is_as_small_as_its_patch(
    operation: JsonValue, inverse: list[Operation]
) -> None:
    document: JsonValue = {
        "name": "flow",
        "steps": [{"name": "a", "config": {"x": 1}}, {"name": "b"}],
    }
    assert list(invert_patch(document, parse_patch([operation])).operations) == inverse


STEPS: JsonValue = {
    "name": "flow",
    "steps": [
        {"name": "a", "config": {"retries": 1}},
        {"name": "b", "branches": {"yes": [{"name": "c"}]}},
    ],
}


@pytest.mark.parametrize(
    ("operation", "tests"),
    [
        (
            {"op": "replace", "path": "/steps/0/config/retries", "value": 2},
            [("/steps/0/config/retries", 1)],
        ),
        ({"op": "remove", "path": "/steps/0/config"}, [("/steps/0/config", {"retries": 1})]),
        (
            {"op": "add", "path": "/steps/0/config/retries", "value": 2},
            [("/steps/0/config/retries", 1)],
        ),
        ({"op": "add", "path": "/steps/0/config/timeout_s", "value": 2}, [("/steps/0/name", "a")]),
        ({"op": "add", "path": "/steps/1/branches/yes/-", "value": {}}, [("/steps/1/name", "b")]),
        (
            {"op": "add", "path": "/steps/1/branches/yes/0/config", "value": {}},
            [("/steps/1/branches/yes/0/name", "c")],
        ),
        ({"op": "add", "path": "/policies", "value": []}, []),
        (
            {"op": "move", "from": "/steps/0/config", "path": "/steps/1/config"},
            [("/steps/0/config", {"retries": 1}), ("/steps/1/name", "b")],
        ),
    ],
)
def test_a_bare_patch_tests_what_its_author_saw(
    operation: JsonValue, tests: list[tuple[str, JsonValue]]
) -> None:
    locked = lock_patch(STEPS, parse_patch([operation]))
    found = [(each.path, each.value) for each in locked.operations if each.op == "test"]
    assert found == tests
    assert locked.operations[-1] == parse_patch([operation]).operations[0]


def test_a_lock_names_the_step_around_as_it_is_before_the_move() -> None:
    document: JsonValue = {"steps": [{"name": "a"}, {"name": "b"}, {"name": "c", "list": []}]}
    operation: JsonValue = {"op": "move", "from": "/steps/0", "path": "/steps/1/list/-"}
    locked = lock_patch(document, parse_patch([operation]))
    assert locked.operations[1] == Operation("test", "/steps/2/name", "c")


def test_a_move_out_of_a_container_onto_its_place_has_an_inverse() -> None:
    document: JsonValue = [["x"]]
    patch = parse_patch([{"op": "move", "from": "/0/0", "path": "/0"}])
    assert apply_patch(document, patch) == ["x", []]
    assert apply_patch(["x", []], invert_patch(document, patch)) == document


def test_a_locked_patch_does_not_fit_a_version_its_author_did_not_see() -> None:
    locked = lock_patch(
        STEPS, parse_patch([{"op": "add", "path": "/steps/0/config/timeout_s", "value": 9}])
    )
    moved = apply_patch(
        STEPS, parse_patch([{"op": "move", "from": "/steps/0", "path": "/steps/1"}])
    )
    with pytest.raises(PatchConflictError, match="test failed"):
        apply_patch(moved, locked)
