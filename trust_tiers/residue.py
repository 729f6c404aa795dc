"""Looks for a difference between two documents that no change names.

`diff_workflows` matches steps by identity; this walk compares positions and knows nothing of steps, so a difference
that one of them overlooks shows in the other. Only for change sets that leave the structure alone.
"""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from workflow import Changed, GraphChange, format_pointer

_Path = tuple[str, ...]
_MISSING: dict[str, JsonValue] = {}


def find_unexplained(
    before: JsonValue, after: JsonValue, changes: Iterable[GraphChange]
) -> str | None:
    """Return the JSON Pointer of the first differing value that no change names, None when there is none."""
    named = {pointer for change in changes for pointer in _pointers_of(change)}
    for path in _differing_leaves(before, after, ()):
        pointer = format_pointer(path)
        if pointer not in named:
            return pointer
    return None


def _pointers_of(change: GraphChange) -> Iterator[str]:
    if isinstance(change, Changed):
        start = change.step.pointer if change.step else ""
        yield start + format_pointer(change.field)


def _differing_leaves(before: JsonValue, after: JsonValue, path: _Path) -> Iterator[_Path]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _differing_members(before, after, key, path)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differing_leaves(old, new, (*path, str(index)))
    elif _differ(before, after):
        yield path


def _differing_members(
    before: dict[str, JsonValue], after: dict[str, JsonValue], key: str, path: _Path
) -> Iterator[_Path]:
    """Compare one member; an object that exists on one side only differs in each of its members."""
    here = (*path, key)
    if key in before and key in after:
        yield from _differing_leaves(before[key], after[key], here)
        return
    present = after[key] if key in after else before[key]
    if isinstance(present, dict) and present:
        yield from _differing_leaves(_MISSING, present, here)
    else:
        yield here


def _differ(before: JsonValue, after: JsonValue) -> bool:
    """Whether two leaves differ as JSON: `true` isn't `1`, while `1` is `1.0`."""
    same_kind = isinstance(before, bool) == isinstance(after, bool)
    return not same_kind or before != after
