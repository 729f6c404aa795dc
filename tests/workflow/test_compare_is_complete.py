"""Whoever reads the changes alone knows everything that differs, in specs of every kind.

The reader below shares nothing with the comparison: it pairs steps by what the changes say, then looks at every leaf.
"""

import json
import os
from collections.abc import Iterator, Mapping
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from tests.workflow.any_workflow import documents, edit, parse_any
from tests.workflow.containers import Json
from workflow import (
    Added,
    Changed,
    GraphChange,
    Moved,
    Removed,
    Renamed,
    StepNode,
    Workflow,
    diff_workflows,
    parse_pointer,
)

_Path = tuple[str, ...]
_Key = tuple[str, str]
_HELD = "\0children"
_TIMES = 25 if os.environ.get("FLUJO_VERIFY") else 1

_pairs = st.tuples(documents, st.integers(0, 2**32), st.integers(1, 4))


def _edited(drawn: tuple[Json, int, int]) -> tuple[Workflow, Workflow]:
    document, seed, edits = drawn
    after = edit(document, Random(seed), edits)
    assume(after is not None)
    assert after is not None
    return parse_any(document), after


@settings(deadline=None, max_examples=80 * _TIMES)
@given(_pairs)
def test_specs_differ_if_and_only_if_there_is_a_change(drawn: tuple[Json, int, int]) -> None:
    before, after = _edited(drawn)
    assert bool(diff_workflows(before, after)) == (before.spec_sha256 != after.spec_sha256)
    assert diff_workflows(after, after) == ()


@settings(deadline=None, max_examples=120 * _TIMES)
@given(_pairs)
def test_every_differing_leaf_lies_under_a_change(drawn: tuple[Json, int, int]) -> None:
    before, after = _edited(drawn)
    _assert_complete(before, after, diff_workflows(before, after))


@settings(deadline=None, max_examples=40 * _TIMES)
@given(documents, documents)
def test_so_does_every_leaf_of_specs_that_have_little_in_common(one: Json, other: Json) -> None:
    before, after = parse_any(one), parse_any(other)
    _assert_complete(before, after, diff_workflows(before, after))


@settings(deadline=None, max_examples=50 * _TIMES)
@given(_pairs)
def test_steps_that_are_not_told_to_move_keep_their_order(drawn: tuple[Json, int, int]) -> None:
    before, after = _edited(drawn)
    changes = diff_workflows(before, after)
    traced = _trace_steps(before, after, changes)
    movers = {change.subject.id for change in changes if isinstance(change, Moved)}
    positions = {node.step_id: index for index, node in enumerate(before.nodes)}
    levels: dict[tuple[str, str], list[int]] = {}
    for node in after.nodes:
        if node.step_id in traced and node.step_id not in movers:
            place = (node.parent_id, node.branch)
            levels.setdefault(place, []).append(positions[traced[node.step_id]])
    assert all(level == sorted(level) for level in levels.values())


@settings(deadline=None, max_examples=50 * _TIMES)
@given(_pairs)
def test_a_reordered_step_stays_with_its_container_and_a_moved_one_does_not(
    drawn: tuple[Json, int, int],
) -> None:
    before, after = _edited(drawn)
    changes = diff_workflows(before, after)
    traced = _trace_steps(before, after, changes)
    for change in changes:
        if isinstance(change, Moved) and change.subject.kind == "step":
            old, new = before.node(change.before_id), after.node(change.subject.id)
            assert old is not None
            assert new is not None
            stays = traced.get(new.parent_id, "") == old.parent_id and new.branch == old.branch
            assert change.is_reordering == stays


def _assert_complete(before: Workflow, after: Workflow, changes: tuple[GraphChange, ...]) -> None:
    traced = _trace_steps(before, after, changes)
    gone = {change.subject.id for change in changes if _is(change, Removed, "step")}
    stayed = set(traced.values())
    assert {node.step_id for node in before.nodes} == gone | stayed
    assert not gone & stayed
    old = _subjects(before, {node.step_id: node.step_id for node in before.nodes})
    new = _subjects(after, traced)
    _assert_parts_are_told(old, new, changes)
    for key in old.keys() & new.keys():
        fields = _changed_fields(changes, key, traced)
        for path in _differing(old[key], new[key]):
            assert any(_touch(path, field) for field in fields), (key, path)


def _trace_steps(
    before: Workflow, after: Workflow, changes: tuple[GraphChange, ...]
) -> dict[str, str]:
    """Say which old step each new one is, going by the changes alone."""
    fresh = {change.subject.id for change in changes if _is(change, Added, "step")}
    told = {
        change.subject.id: change.before_id
        for change in changes
        if isinstance(change, Moved | Renamed) and change.subject.kind == "step"
    }
    traced: dict[str, str] = {}
    for node in after.nodes:
        if node.step_id in fresh:
            continue
        parent = traced.get(node.parent_id, "")
        traced[node.step_id] = told.get(node.step_id, _join(parent, node))
        assert before.node(traced[node.step_id]) is not None
    assert len(set(traced.values())) == len(traced)
    return traced


def _join(parent: str, node: StepNode) -> str:
    parts = [
        part.replace("~", "~0").replace("/", "~1") for part in (node.branch, node.name) if part
    ]
    return "/".join([parent, *parts] if parent else parts)


def _is(change: GraphChange, kind: type[GraphChange], subject: str) -> bool:
    return isinstance(change, kind) and change.subject.kind == subject


def _subjects(workflow: Workflow, ids: Mapping[str, str]) -> dict[_Key, dict[_Path, JsonValue]]:
    """Return the leaves of each subject by their paths in it; steps under the old identity, if they have one."""
    document = dict(workflow.document)
    found: dict[_Key, dict[_Path, JsonValue]] = {}
    for kind, section in (("agent", "agents"), ("import", "imports")):
        named = document.pop(section, {})
        assert isinstance(named, dict)
        for name, value in named.items():
            found[kind, name] = dict(_leaves(value))
    for kind, section, key in (("policy", "policies", "id"), ("test", "tests", "name")):
        items = document.pop(section, [])
        assert isinstance(items, list)
        for item in items:
            assert isinstance(item, dict)
            found[kind, str(item[key])] = dict(_leaves(item))
    document.pop("steps")
    found["workflow", ""] = dict(_leaves(document))
    for node in workflow.nodes:
        if node.step_id in ids:
            inside = [one for one in workflow.nodes if one.parent_id == node.step_id]
            depth = len(parse_pointer(node.pointer))
            paths = {tuple(parse_pointer(one.pointer))[depth:] for one in inside}
            found["step", ids[node.step_id]] = dict(_leaves(dict(node.raw), children=paths))
    return found


def _leaves(
    value: JsonValue, path: _Path = (), children: set[_Path] | frozenset[_Path] = frozenset()
) -> Iterator[tuple[_Path, JsonValue]]:
    """Walk to what isn't a mapping; where children lie it says so, and in which form."""
    if path in children:
        yield path, _HELD
    elif isinstance(value, list) and any((*path, str(n)) in children for n in range(len(value))):
        yield path, [_HELD]
    elif isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key), children)
    else:
        yield path, value


def _assert_parts_are_told(
    old: Mapping[_Key, object], new: Mapping[_Key, object], changes: tuple[GraphChange, ...]
) -> None:
    told = {(type(change), change.subject.kind, change.subject.id) for change in changes}
    for kind, name in old.keys() ^ new.keys():
        if kind != "step":
            change = Removed if (kind, name) in old else Added
            assert (change, kind, name) in told


def _changed_fields(
    changes: tuple[GraphChange, ...], key: _Key, names: Mapping[str, str]
) -> list[_Path]:
    def key_of(change: GraphChange) -> _Key:
        kind, name = change.subject.kind, change.subject.id
        return kind, names.get(name, name) if kind == "step" else name

    own = [change for change in changes if key_of(change) == key]
    fields = [change.field for change in own if isinstance(change, Changed)]
    return [*fields, ("name",)] if any(isinstance(change, Renamed) for change in own) else fields


def _differing(old: Mapping[_Path, JsonValue], new: Mapping[_Path, JsonValue]) -> Iterator[_Path]:
    for path in old.keys() | new.keys():
        sides = [leaves[path] for leaves in (old, new) if path in leaves]
        came_or_went_with_children = len(sides) == 1 and sides[0] in (_HELD, [_HELD])
        if not came_or_went_with_children and (len(sides) == 1 or not _same(*sides)):
            yield path


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: `1` is `1.0`, `true` is neither."""
    return json.dumps(_plain(one), sort_keys=True) == json.dumps(_plain(other), sort_keys=True)


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _touch(path: _Path, field: _Path) -> bool:
    """The field holds the leaf; or the leaf was an empty mapping that the field filled."""
    return path[: len(field)] == field or field[: len(path)] == path
