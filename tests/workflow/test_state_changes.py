"""Changes of JSON values: complete, minimal, and exact about types."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from workflow import ABSENT, StateChange, parse_yaml_path
from workflow.comparison.changes import Value
from workflow.recordings.state_changes import find_state_changes

_scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([1.0, "", "a", "b c"])
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b.c", "d", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)


def find(before: Value, after: Value) -> list[StateChange]:
    return list(find_state_changes(before, after, ("context",)))


def make(document: Any, change: StateChange) -> None:
    *way, last = parse_yaml_path(change.path)
    for part in way:
        document = document[part]
    if change.after is ABSENT:
        del document[last]
    elif isinstance(document, list) and change.before is ABSENT:
        document.append(change.after)
    else:
        document[last] = change.after


@settings(deadline=None, max_examples=200)
@given(_values, _values)
def test_making_the_changes_leads_from_the_one_value_to_the_other(before: Any, after: Any) -> None:
    document = {"context": _copy(before)}
    changes = find(before, after)
    shrinking = [change for change in changes if change.after is ABSENT]
    for change in [one for one in changes if one.after is not ABSENT] + shrinking[::-1]:
        make(document, change)
    # Told apart by type too, which == doesn't do.
    assert repr(_sorted(document["context"])) == repr(_sorted(after))


@settings(deadline=None, max_examples=100)
@given(_values)
def test_equal_values_differ_nowhere(value: Any) -> None:
    assert find(value, _copy(value)) == []


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (1, 1.0), (0, False), (None, ""), ({}, []), (None, ABSENT)]
)
def test_values_of_different_types_differ(before: Value, after: Value) -> None:
    assert find(before, after) == [StateChange("context", before, after)]


def test_what_is_said_last_is_one_change() -> None:
    before: JsonValue = {"history": [{"text": "Hello"}], "turn": 1}
    after: JsonValue = {"history": [{"text": "Hello"}, {"text": "Bye"}], "turn": 1}
    assert find(before, after) == [StateChange("context.history[1]", ABSENT, {"text": "Bye"})]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
