"""What a patch takes out of one list or mapping and puts into another unchanged: it could have been moved."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from workflow.json_data import exact_text, is_filled
from workflow.patches.patch import Missing, Operation
from workflow.patches.pointer import format_pointer

Parts = tuple[str | int, ...]


def find_far_moves(document: JsonValue, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Suggest a move for each added value that stands in the document already; one may not fit, or not pay.

    The target is where the patch adds the value, which is right if the lists around it are as they will be.
    """
    added = {
        exact_text(each.value): each.path
        for each in operations
        if each.op == "add" and not isinstance(each.value, Missing) and is_filled(each.value)
    }
    if not added or not any(each.op == "remove" for each in operations):
        return
    for parts, value in _walk(document):
        target = added.get(exact_text(value))
        if target is not None:
            yield Operation("move", target, from_path=format_pointer(parts))


def _walk(document: JsonValue) -> Iterator[tuple[Parts, JsonValue]]:
    """List every filled value with its place, the outermost first, the root left out."""
    waiting: list[tuple[Parts, JsonValue]] = [((), document)]
    while waiting:
        parts, value = waiting.pop()
        if parts:
            yield parts, value
        inside = [((*parts, part), child) for part, child in _items(value) if is_filled(child)]
        waiting += reversed(inside)


def _items(value: JsonValue) -> Iterable[tuple[str | int, JsonValue]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()
