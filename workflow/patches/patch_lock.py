"""Optimistic locking: a patch that first tests what its author saw."""

from collections.abc import Iterator
from typing import cast

from pydantic import JsonValue

from workflow.errors import PatchConflictError
from workflow.json_data import copy_json, is_identical
from workflow.patches.patch import JsonPatch, Operation, apply_operation
from workflow.patches.pointer import format_pointer, locate, parse_index, parse_pointer, resolve


def lock_patch(document: JsonValue, patch: JsonPatch) -> JsonPatch:
    """Return the patch with a `test` before each edit, so that it can't apply to a version its author didn't see.

    The test is of the value an edit replaces, removes, moves or copies; where it puts something new, of the name of
    the step around it. Tests that are there already aren't doubled. Raises `PatchConflictError` when it doesn't fit.
    """
    running = copy_json(document)
    locked: list[Operation] = []
    for index, operation in enumerate(patch.operations):
        try:
            tests = list(_tests_before(running, operation))
        except PatchConflictError as error:
            raise PatchConflictError(error.reason, index=index) from error
        locked += [test for test in tests if not _has_test(locked, test)]
        running = apply_operation(running, operation, index)
        locked.append(operation)
    return JsonPatch(tuple(locked))


def _tests_before(document: JsonValue, operation: Operation) -> Iterator[Operation]:
    if operation.op == "test":
        return
    path = operation.path
    if operation.op in ("move", "copy"):
        yield from _test(document, operation.from_path)
    if operation.op == "move":
        path = _path_before_leaving(document, operation)
    if operation.op in ("replace", "remove") or _takes_away(document, path):
        yield from _test(document, path)
    else:
        yield from _test_name_around(document, path)


def _path_before_leaving(document: JsonValue, operation: Operation) -> str:
    """A move's path counts without what has left; say it as it is before."""
    *around, left = locate(document, operation.from_path)
    parts = list(parse_pointer(operation.path))
    depth = len(around)
    if not isinstance(left, int) or format_pointer(parts[:depth]) != format_pointer(around):
        return operation.path
    index = parse_index(parts[depth]) if depth < len(parts) else None
    if index is not None and index >= left:
        parts[depth] = str(index + 1)
    return format_pointer(parts)


def _takes_away(document: JsonValue, path: str) -> bool:
    """Whether adding there overwrites a value; inserting into a list takes nothing away."""
    if not path:
        return True
    *above, last = parse_pointer(path)
    parent = resolve(document, format_pointer(above))
    return isinstance(parent, dict) and last in parent


def _test_name_around(document: JsonValue, path: str) -> Iterator[Operation]:
    above = parse_pointer(path)[:-1]
    for length in range(len(above), 0, -1):
        around = resolve(document, format_pointer(above[:length]))
        if isinstance(around, dict) and isinstance(around.get("name"), str):
            yield from _test(document, format_pointer([*above[:length], "name"]))
            return


def _test(document: JsonValue, path: str) -> Iterator[Operation]:
    yield Operation("test", path, copy_json(resolve(document, path)))


def _has_test(operations: list[Operation], test: Operation) -> bool:
    return any(
        other.op == "test"
        and other.path == test.path
        and is_identical(cast("JsonValue", other.value), cast("JsonValue", test.value))
        for other in operations
    )
