"""What a subject owns apart from its children, and where two such things differ, as deep as it goes.

JSON is compared as RFC 8259 means it: `1` and `1.0` are one number, `true` isn't `1`, the order of keys says nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from workflow.comparison.changes import ABSENT, Absent, Value
from workflow.json_data import is_identical

if TYPE_CHECKING:
    from deepdiff import DeepDiff

Path = tuple[str, ...]
_EMPTY = "{}"


class Held(Enum):
    """Stands where children were taken out, so that their place is still compared."""

    LIST = "list"
    ONE = "one"


Own = None | bool | int | float | str | Held | list[JsonValue] | Mapping[str, "Own"]
"""A JSON value whose children, subjects in their own right, are replaced by `Held`."""

Outline = str | dict[str, "Outline"]
"""Mappings as they are, whatever else is inside as one text: what deepdiff gets to see."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs; `path` is `()` when the values as a whole do."""

    path: Path
    before: Value
    after: Value


def canonical_text(value: JsonValue) -> str:
    """Write JSON so that equal values give equal texts."""
    return json.dumps(_normal(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def own_fields(value: JsonValue, children: Iterable[Path]) -> Own:
    """Replace the children, given by their paths inside the value, by `Held`."""
    inside: dict[str, list[Path]] = {}
    for path in children:
        if not path:
            return Held.ONE
        inside.setdefault(path[0], []).append(path[1:])
    if isinstance(value, list):
        rest = [item for index, item in enumerate(value) if str(index) not in inside]
        return rest if rest or not inside else Held.LIST
    if isinstance(value, dict) and inside:
        return {key: own_fields(item, inside.get(key, ())) for key, item in value.items()}
    return value


def differing_own_fields(
    before: JsonValue, after: JsonValue, *, own_before: Own, own_after: Own
) -> tuple[Difference, ...]:
    """Return every field that differs, children left out, in the order of the new value, then of the old one."""
    if is_identical(before, after):
        return ()
    outlines = _outline(own_before), _outline(own_after)
    if outlines[0] == outlines[1]:
        return ()
    paths = sorted(_paths(_compare(*outlines)), key=_rank(before, after))
    found = (
        Difference(path, get_path(before, path), get_path(after, path))
        for path in paths
        if not _is_implied(_get(own_before, path), _get(own_after, path))
    )
    return tuple(found)


def get_path(value: JsonValue, path: Path) -> Value:
    """Follow keys into mappings; `ABSENT` when there is nothing."""
    here: Value = value
    for key in path:
        here = here[key] if isinstance(here, dict) and key in here else ABSENT
    return here


def leaves_of(value: JsonValue, path: Path = ()) -> Iterator[tuple[Path, JsonValue]]:
    """Walk to whatever isn't a mapping with something in it."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves_of(item, (*path, key))
    else:
        yield path, value


def _normal(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    return value


def _outline(value: Own) -> Outline:
    if isinstance(value, Held):
        return f"\0{value.value}"
    if isinstance(value, Mapping) and value:
        return {key: _outline(item) for key, item in value.items()}
    return _EMPTY if isinstance(value, Mapping) else canonical_text(value)


def _compare(before: Outline, after: Outline) -> "DeepDiff":
    from deepdiff import DeepDiff

    # By default deepdiff skips keys like `__x__` and reports mappings with little in common as a whole.
    return DeepDiff(
        before,
        after,
        view="tree",
        ignore_private_variables=False,
        threshold_to_diff_deeper=0,
    )


def _paths(found: "DeepDiff") -> Iterator[Path]:
    for levels in found.values():
        for level in levels:
            path = tuple(level.path(output_format="list"))
            yield from ((*path, *rest) for rest in _leaf_paths(level))


def _leaf_paths(level: Any) -> Iterator[Path]:  # deepdiff's DiffLevel is untyped
    """Go down into a mapping that came or went as a whole, or that was empty; one that was emptied is told as such."""
    before, after = level.t1, level.t2
    if isinstance(after, dict) and (before == _EMPTY or not isinstance(before, str)):
        yield from (path for path, _ in leaves_of(after))
    elif isinstance(before, dict) and not isinstance(after, str):
        yield from (path for path, _ in leaves_of(before))
    else:
        yield ()


def _rank(before: JsonValue, after: JsonValue) -> "_Rank":
    order: dict[Path, int] = {}
    for value in (after, before):
        for path, _ in leaves_of(value):
            for end in range(len(path) + 1):
                order.setdefault(path[:end], len(order))
    return _Rank(order)


@dataclass(frozen=True, slots=True)
class _Rank:
    order: Mapping[Path, int]

    def __call__(self, path: Path) -> tuple[int, Path]:
        return self.order.get(path, len(self.order)), path


def _get(value: Own, path: Path) -> Own | Absent:
    here: Own | Absent = value
    for key in path:
        here = here[key] if isinstance(here, Mapping) and key in here else ABSENT
    return here


def _is_implied(before: Own | Absent, after: Own | Absent) -> bool:
    """A place that merely gained or lost its children is told by what became of them."""
    return any(
        isinstance(one, Held) and (other is ABSENT or other in ([], {}))
        for one, other in ((before, after), (after, before))
    )
