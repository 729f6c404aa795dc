"""What changed between two values of JSON, place by place."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from workflow.comparison.changes import ABSENT, Value
from workflow.patches.pointer import yaml_path_of

Parts = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class StateChange:
    """One place whose value changed; `path` is dotted, like `context.history[2].text`."""

    path: str
    before: Value
    after: Value


def find_state_changes(before: Value, after: Value, parts: Parts) -> Iterator[StateChange]:
    """Yield the smallest places that differ below `parts`, in the order of the keys; `1` and `true` differ.

    Lists are compared by position: what is added at the end is one change, what is added in front is many.
    """
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            inside = (before.get(key, ABSENT), after.get(key, ABSENT))
            yield from find_state_changes(*inside, (*parts, key))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            inside = (_item(before, index), _item(after, index))
            yield from find_state_changes(*inside, (*parts, index))
    elif type(before) is not type(after) or before != after:
        yield StateChange(yaml_path_of(parts), before, after)


def _item(items: list[JsonValue], index: int) -> Value:
    return items[index] if index < len(items) else ABSENT
