"""The patch that undoes a patch, proved by applying it."""

from typing import Literal

from pydantic import JsonValue

from workflow.errors import PatchConflictError, PatchError
from workflow.json_data import copy_json, is_identical
from workflow.patches.patch import JsonPatch, Operation, apply_operation, apply_patch
from workflow.patches.pointer import format_pointer, parse_pointer, resolve


def invert_patch(document: JsonValue, patch: JsonPatch) -> JsonPatch:
    """Return the patch that leads from the patched document back to this one; without operations if nothing changed.

    Raises `PatchConflictError` when the patch doesn't fit, `PatchError` should the inverse not restore the document.
    """
    running = copy_json(document)
    undone: list[Operation] = []
    for index, operation in enumerate(patch.operations):
        try:
            undone[:0] = _invert(running, operation)
        except PatchConflictError as error:
            raise PatchConflictError(error.reason, index=index) from error
        running = apply_operation(running, operation, index)
    inverse = JsonPatch(tuple(undone))
    if not is_identical(apply_patch(running, inverse), document):
        raise PatchError("this patch has no inverse that restores the document")
    return inverse


def _invert(document: JsonValue, operation: Operation) -> list[Operation]:
    path = operation.path
    match operation.op:
        case "test":
            return []
        case "replace":
            return [_put("replace", document, path)]
        case "remove":
            return [_put("add", document, path)]
        case "add" | "copy":
            return [_take_back(document, path)]
        case "move":
            return _move_back(document, operation)


def _move_back(document: JsonValue, operation: Operation) -> list[Operation]:
    if operation.path == operation.from_path:
        return []
    without = apply_operation(copy_json(document), Operation("remove", operation.from_path))
    back = _take_back(without, operation.path)
    is_inside = operation.from_path.startswith(f"{back.path}/")
    if back.op == "remove" and not is_inside:
        return [Operation("move", operation.from_path, from_path=back.path)]
    return [back, _put("add", document, operation.from_path)]


def _take_back(document: JsonValue, path: str) -> Operation:
    """Undo an `add`: what it appended, inserted or created goes; what it overwrote comes back."""
    if not path:
        return _put("replace", document, path)
    *above, last = parse_pointer(path)
    parent = resolve(document, format_pointer(above))
    if isinstance(parent, list):
        index = str(len(parent)) if last == "-" else last
        return Operation("remove", format_pointer([*above, index]))
    if isinstance(parent, dict) and last in parent:
        return _put("replace", document, path)
    return Operation("remove", path)


def _put(op: Literal["add", "replace"], document: JsonValue, path: str) -> Operation:
    return Operation(op, path, copy_json(resolve(document, path)))
