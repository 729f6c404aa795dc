"""JSON Patch (RFC 6902): parse, apply, invert, lock; all values, nothing in place.

`jsonpatch` applies the operations; comparing is type-strict (RFC 6902 §4.6: `true` isn't `1`, but `1` is `1.0`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal, cast, get_args

import jsonpatch
import jsonpointer
from pydantic import JsonValue

from workflow.errors import PatchConflictError, PatchError
from workflow.json_data import copy_json, find_flaw
from workflow.patches.pointer import parse_pointer

OperationName = Literal["add", "remove", "replace", "move", "copy", "test"]
_NAMES: tuple[str, ...] = get_args(OperationName)
_WITH_VALUE = ("add", "replace", "test")
_WITH_FROM = ("move", "copy")


class Missing(Enum):
    """The type of `MISSING`, which stands for no value at all (`null` is one)."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `path` and `from_path` are JSON Pointers, the latter `""` where `op` has none."""

    op: OperationName
    path: str
    value: JsonValue | Missing = MISSING
    from_path: str = ""

    def to_json(self) -> dict[str, JsonValue]:
        """Return the operation as RFC 6902 writes it."""
        data: dict[str, JsonValue] = {"op": self.op, "path": self.path}
        if self.op in _WITH_FROM:
            data["from"] = self.from_path
        if not isinstance(self.value, Missing):
            data["value"] = self.value
        return data


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """Operations that are applied all or not at all, in order."""

    operations: tuple[Operation, ...]

    def to_json(self) -> list[dict[str, JsonValue]]:
        """Return the patch as an RFC 6902 document."""
        return [operation.to_json() for operation in self.operations]


def parse_patch(data: JsonValue) -> JsonPatch:
    """Read parsed JSON as a patch; unknown members are ignored as RFC 6902 §4 asks.

    Raises `PatchError` with the index of the operation at fault; an empty patch is refused.
    """
    if not isinstance(data, list):
        raise PatchError("a patch is a list of operations")
    if not data:
        raise PatchError("an empty patch")
    return JsonPatch(tuple(_parse_operation(item, index) for index, item in enumerate(data)))


def apply_patch(document: JsonValue, patch: JsonPatch) -> JsonValue:
    """Return the patched document, sharing nothing with the given one; raises `PatchConflictError` with the index."""
    patched = copy_json(document)
    for index, operation in enumerate(patch.operations):
        patched = apply_operation(patched, operation, index)
    return patched


def apply_operation(document: JsonValue, operation: Operation, index: int = -1) -> JsonValue:
    """Apply one operation in place where it can and return the document; raises `PatchConflictError`."""
    try:
        return cast("JsonValue", jsonpatch.apply_patch(document, [operation.to_json()], True))
    except jsonpatch.JsonPatchTestFailed as error:
        reason = f"test failed: the value at {operation.path!r} isn't what the patch expects"
        raise PatchConflictError(reason, index=index) from error
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise PatchConflictError(_reason(operation, error), index=index) from error


def _parse_operation(item: JsonValue, index: int) -> Operation:
    if not isinstance(item, dict):
        raise PatchError("an operation is an object", index=index)
    op = item.get("op")
    if op not in _NAMES:
        raise PatchError(f"unknown operation {op!r}; known: {', '.join(_NAMES)}", index=index)
    value: JsonValue | Missing = MISSING
    if op in _WITH_VALUE:
        if "value" not in item:
            raise PatchError(f"{op!r} needs a 'value'", index=index)
        value = item["value"]
        _check(value, index)
    return Operation(
        op=cast("OperationName", op),
        path=_parse_member(item, "path", index),
        value=value,
        from_path=_parse_member(item, "from", index) if op in _WITH_FROM else "",
    )


def _parse_member(item: Mapping[str, JsonValue], member: str, index: int) -> str:
    pointer = item.get(member)
    if not isinstance(pointer, str):
        raise PatchError(f"{item['op']!r} needs a {member!r} that is a JSON Pointer", index=index)
    try:
        parse_pointer(pointer)
    except PatchError as error:
        raise PatchError(error.reason, index=index) from error
    _check(pointer, index)
    return pointer


def _check(value: JsonValue, index: int) -> None:
    reason = find_flaw(value)
    if reason:
        raise PatchError(reason, index=index)


def _reason(operation: Operation, error: Exception) -> str:
    at = (
        f"{operation.from_path!r} to {operation.path!r}"
        if operation.from_path
        else repr(operation.path)
    )
    # jsonpatch quotes the whole container it looked in.
    why = str(error).partition(" not found in {")
    return f"can't {operation.op} {at}: {why[0]}{' not found' if why[1] else ''}"
