"""The patch between two documents: right, invertible, and short, for specs and for any JSON."""

import json
import os
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.workflow.any_workflow import documents as specs
from tests.workflow.any_workflow import edit, parse_any
from tests.workflow.containers import Json
from tests.workflow.json_documents import documents, edited_documents, values
from workflow import (
    JsonPatch,
    Operation,
    apply_patch,
    diff_documents,
    format_pointer,
    invert_patch,
    parse_patch,
    parse_pointer,
    patch_workflow,
)
from workflow.json_data import is_identical

TIMES = 10 if os.environ.get("FLUJO_VERIFY") else 1
MANY = 5_000

named_lists = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abcdefg"), "x": st.integers(0, 2)}),
    unique_by=lambda item: str(item["name"]),
    max_size=7,
)
short_lists = st.lists(st.sampled_from([1, 1.0, True, "a", None, [1], {"id": "x"}]), max_size=8)
any_pairs: st.SearchStrategy[tuple[JsonValue, JsonValue]] = st.one_of(
    st.tuples(documents, documents),
    edited_documents(5).map(lambda drawn: (drawn[0], apply_patch(*drawn))),
    st.tuples(named_lists, named_lists),
    st.tuples(short_lists, short_lists),
    st.tuples(values, values),
)


def step(name: str, **fields: JsonValue) -> JsonValue:
    return {"name": name, "uses": "agents.writer", "input": f"{{{{ {name} }}}}", **fields}


def spec(*steps: JsonValue) -> JsonValue:
    return {"version": "0.1", "steps": list(steps)}


A, B, C, D = (step(name) for name in "abcd")


@pytest.mark.parametrize(
    ("before", "after", "operations"),
    [
        (spec(A, B, C), spec(D, A, B, C), [{"op": "add", "path": "/steps/0", "value": D}]),
        (spec(A, B, C), spec(A, B, C, D), [{"op": "add", "path": "/steps/3", "value": D}]),
        (spec(A, B, C), spec(B, C), [{"op": "remove", "path": "/steps/0"}]),
        (spec(A, B, C), spec(B, C, A), [{"op": "move", "path": "/steps/2", "from": "/steps/0"}]),
        (spec(A, B, C), spec(C, A, B), [{"op": "move", "path": "/steps/0", "from": "/steps/2"}]),
        (
            spec(A, {"name": "b", "x": 1}, C),
            spec(A, {"name": "bee", "x": 1}, C),
            [{"op": "replace", "path": "/steps/1/name", "value": "bee"}],
        ),
        (
            spec(A, B, step("c", config={"timeout_s": 1})),
            spec(A, D, B, step("c", config={"timeout_s": 2})),
            [
                {"op": "add", "path": "/steps/1", "value": D},
                {"op": "replace", "path": "/steps/3/config/timeout_s", "value": 2},
            ],
        ),
        (
            {"policies": [{"id": "p", "assert": "x"}, {"id": "q", "assert": "y"}]},
            {"policies": [{"id": "q", "assert": "y"}, {"id": "p", "assert": "x"}]},
            [{"op": "move", "path": "/policies/0", "from": "/policies/1"}],
        ),
        (
            {"agents": {"writer": {"model": "sim:large"}}},
            {"agents": {"author": {"model": "sim:large"}}},
            [{"op": "move", "path": "/agents/author", "from": "/agents/writer"}],
        ),
        ({"a/b": {"m~n": 1}}, {"a/b": {"m~n": 2}}, [{"op": "replace", "path": "/a~1b/m~0n", "value": 2}]),
        ({"a": [1, 2, 3, 1]}, {"a": [2, 3, 1]}, [{"op": "remove", "path": "/a/0"}]),
        ({"a": 1}, {"a": 1, "": None}, [{"op": "add", "path": "/", "value": None}]),
        ({"a": 1, "b": "x" * 30}, {"a": 1.0, "b": "x" * 30}, [{"op": "replace", "path": "/a", "value": 1.0}]),
        ({"a": 1}, [1], [{"op": "replace", "path": "", "value": [1]}]),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    ],
)  # fmt: skip
def test_one_change_is_one_operation(
    before: JsonValue, after: JsonValue, operations: list[JsonValue]
) -> None:
    assert diff_documents(before, after).to_json() == operations


BRANCHES: JsonValue = {"kind": "parallel", "name": "p", "branches": {"x": [A], "y": [B]}}


@pytest.mark.parametrize(
    ("before", "after", "move"),
    [
        (
            spec(BRANCHES, C),
            spec({"kind": "parallel", "name": "p", "branches": {"x": [A, C], "y": [B]}}),
            {"op": "move", "path": "/steps/0/branches/x/1", "from": "/steps/1"},
        ),
        (
            spec({"kind": "parallel", "name": "p", "branches": {"x": [A, C], "y": [B]}}),
            spec(C, BRANCHES),
            {"op": "move", "path": "/steps/0", "from": "/steps/0/branches/x/1"},
        ),
        (
            spec({"kind": "parallel", "name": "p", "branches": {"x": [A, C], "y": [B]}}),
            spec({"kind": "parallel", "name": "p", "branches": {"x": [A], "y": [C, B]}}),
            {"op": "move", "path": "/steps/0/branches/y/0", "from": "/steps/0/branches/x/1"},
        ),
    ],
)
def test_a_step_moved_into_a_branch_or_out_of_it_is_one_move(
    before: JsonValue, after: JsonValue, move: JsonValue
) -> None:
    assert diff_documents(before, after).to_json() == [move]


def test_a_step_moved_into_its_follower_is_no_move_because_rfc_6902_has_none() -> None:
    """§4.4: `from` must not be a prefix of `path`, which counts without what has left."""
    inside: JsonValue = {"kind": "parallel", "name": "p", "branches": {"x": [A, C], "y": [B]}}
    patch = diff_documents(spec(C, BRANCHES), spec(inside))
    assert [each.op for each in patch.operations] == ["remove", "add"]


def test_a_step_that_moved_and_changed_is_told_as_just_that() -> None:
    moved = step("a", config={"max_retries": 2})
    assert [each.op for each in diff_documents(spec(A, B, C), spec(B, C, moved)).operations] == [
        "move",
        "add",
    ]


@given(any_pairs)
@settings(deadline=None, max_examples=400 * TIMES)
def test_the_patch_leads_from_the_one_to_the_other_and_back(
    pair: tuple[JsonValue, JsonValue],
) -> None:
    before, after = pair
    patch = diff_documents(before, after)
    assert is_identical(apply_patch(before, patch), after)
    assert is_identical(apply_patch(after, invert_patch(before, patch)), before)


@given(any_pairs)
@settings(deadline=None, max_examples=300 * TIMES)
def test_it_is_never_longer_than_replacing_value_by_value_or_the_whole(
    pair: tuple[JsonValue, JsonValue],
) -> None:
    before, after = pair
    length = measure(diff_documents(before, after).operations)
    assert length <= measure(replace_one_by_one(before, after, ()))
    if length:
        assert length <= measure([Operation("replace", "", after)])


@given(any_pairs)
@settings(deadline=None, max_examples=200 * TIMES)
def test_it_is_an_rfc_6902_document_without_tests_and_copies(
    pair: tuple[JsonValue, JsonValue],
) -> None:
    patch = diff_documents(*pair)
    for each in patch.operations:
        assert each.op in ("add", "remove", "replace", "move")
        assert format_pointer(parse_pointer(each.path)) == each.path
        assert not each.path.endswith("/-") or isinstance(pair[1], dict | list)
    if patch.operations:
        assert parse_patch(json.loads(json.dumps(patch.to_json()))).to_json() == patch.to_json()


@given(documents)
@settings(deadline=None, max_examples=100 * TIMES)
def test_a_document_and_itself_need_no_operation(document: JsonValue) -> None:
    assert diff_documents(document, json.loads(json.dumps(document))) == JsonPatch(())


@given(specs, st.integers(0, 2**32), st.integers(1, 4))
@settings(deadline=None, max_examples=60 * TIMES)
def test_the_patch_between_two_specs_can_be_written_into_the_text_of_the_first(
    document: Json, seed: int, edits: int
) -> None:
    before, after = parse_any(document), edit(document, Random(seed), edits)
    if after is None:
        return
    patch = diff_documents(before.document, after.document)
    patched = patch_workflow(before, patch)
    assert is_identical(patched.document, after.document)


def test_very_long_lists_are_compared_in_bounded_time() -> None:
    random = Random(7)
    few: JsonValue = [random.randrange(5) for _ in range(MANY)]
    others: JsonValue = [random.randrange(5) for _ in range(MANY)]
    rising: list[JsonValue] = list(range(MANY))
    shuffled = [*rising]
    random.shuffle(shuffled)
    for before, after in [(few, others), (rising, shuffled), (rising, rising[1:]), (rising, [])]:
        assert apply_patch(before, diff_documents(before, after)) == after


def test_lists_within_lists_are_compared_in_bounded_time() -> None:
    before: JsonValue = "a"
    after: JsonValue = "b"
    for _ in range(100):
        before, after = [before, 1, 2], [after, 2, 1, 0]
    assert apply_patch(before, diff_documents(before, after)) == after


def measure(operations: "list[Operation] | tuple[Operation, ...] | Iterator[Operation]") -> int:
    """Return the length of operations as JSON, commas included."""
    data = [each.to_json() for each in operations]
    written = [json.dumps(each, separators=(",", ":"), ensure_ascii=False) for each in data]
    return sum(len(text) + 1 for text in written)


def replace_one_by_one(
    old: JsonValue, new: JsonValue, parts: tuple[str | int, ...]
) -> Iterator[Operation]:
    """The plain way: keys one by one, items where they stand, everything else replaced."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _change_entry(key, old, new, (*parts, key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in reversed(range(len(new), len(old))):
            yield Operation("remove", format_pointer((*parts, index)))
        for index, item in enumerate(new):
            if index < len(old):
                yield from replace_one_by_one(old[index], item, (*parts, index))
            else:
                yield Operation("add", format_pointer((*parts, index)), item)
    elif not is_identical(old, new):
        yield Operation("replace", format_pointer(parts), new)


def _change_entry(
    key: str, old: dict[str, JsonValue], new: dict[str, JsonValue], parts: tuple[str | int, ...]
) -> Iterator[Operation]:
    if key not in new:
        yield Operation("remove", format_pointer(parts))
    elif key not in old:
        yield Operation("add", format_pointer(parts), new[key])
    else:
        yield from replace_one_by_one(old[key], new[key], parts)
