"""A replaced collection, told as the few values in it that really differ."""

from collections.abc import Iterator
from itertools import takewhile

from pydantic import JsonValue

from workflow.json_data import is_identical
from workflow.patches.patch import Missing, Operation
from workflow.patches.pointer import format_pointer, parse_pointer, resolve

_MAX_OPERATIONS = 24

Parts = tuple[str | int, ...]


def narrow_operation(document: JsonValue, operation: Operation) -> list[Operation]:
    """Return smaller operations with the same effect, so that the lines of what stays the same stay as they are."""
    if operation.op not in ("add", "replace") or isinstance(operation.value, Missing):
        return [operation]
    if not _overwrites(document, operation):
        return [operation]
    old = resolve(document, operation.path)
    smaller = list(_narrow(old, operation.value, parse_pointer(operation.path)))
    return smaller if len(smaller) <= _MAX_OPERATIONS else [operation]


def _overwrites(document: JsonValue, operation: Operation) -> bool:
    """Whether there is a value that is replaced; adding to a list inserts."""
    if operation.op == "replace" or not operation.path:
        return True
    *above, last = parse_pointer(operation.path)
    parent = resolve(document, format_pointer(above))
    return isinstance(parent, dict) and last in parent


def _narrow(old: JsonValue, new: JsonValue, parts: Parts) -> Iterator[Operation]:
    if is_identical(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() & new.keys():
        yield from _narrow_mapping(old, new, parts)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _narrow_list(old, new, parts)
    else:
        yield Operation("replace", format_pointer(parts), new)


def _narrow_mapping(
    old: dict[str, JsonValue], new: dict[str, JsonValue], parts: Parts
) -> Iterator[Operation]:
    for key in old:
        if key in new:
            yield from _narrow(old[key], new[key], (*parts, key))
        else:
            yield Operation("remove", format_pointer((*parts, key)))
    for key in (key for key in new if key not in old):
        yield Operation("add", format_pointer((*parts, key)), new[key])


def _narrow_list(old: list[JsonValue], new: list[JsonValue], parts: Parts) -> Iterator[Operation]:
    """Keep the same items at both ends; what lies between is replaced pairwise, then cut or filled up."""
    head = _count_same(old, new)
    shorter = min(len(old), len(new)) - head
    tail = min(_count_same(old[::-1], new[::-1]), shorter)
    paired = shorter - tail
    for index in range(head, head + paired):
        yield from _narrow(old[index], new[index], (*parts, index))
    for index in reversed(range(head + paired, len(old) - tail)):
        yield Operation("remove", format_pointer((*parts, index)))
    for index in range(head + paired, len(new) - tail):
        yield Operation("add", format_pointer((*parts, index)), new[index])


def _count_same(old: list[JsonValue], new: list[JsonValue]) -> int:
    same = takewhile(lambda pair: is_identical(*pair), zip(old, new, strict=False))
    return sum(1 for _ in same)
