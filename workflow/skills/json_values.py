"""`flujo.json.*`: work on JSON data."""

from collections.abc import Mapping
from typing import Literal

import orjson
from pydantic import JsonValue

from workflow.errors import PatchError
from workflow.patches.pointer import format_pointer, parse_pointer, parse_yaml_path, resolve
from workflow.schemas import explain_mismatch, find_schema_problem
from workflow.skills.bounds import check_size, encode, refuse

_DOTTED_STARTS = ("", "/")


def parse(data: str) -> JsonValue:
    """Read text as JSON (RFC 8259); of two members with one name the last counts."""
    try:
        value: JsonValue = orjson.loads(encode(data))
    except orjson.JSONDecodeError as error:
        raise refuse(f"the text isn't JSON: {error}") from error
    check_size(value)
    return value


def select(data: JsonValue, *, path: str, missing: Literal["fail", "null"] = "fail") -> JsonValue:
    """Return what lies at a JSON Pointer (`/items/0/id`) or a dotted path (`items[0].id`)."""
    try:
        pointer = _to_pointer(path)
    except PatchError as error:
        raise refuse(str(error)) from error
    try:
        return resolve(data, pointer)
    except PatchError as error:
        if missing == "null":
            return None
        raise refuse(f"there is nothing at {path!r}") from error


def merge(data: list[JsonValue], *, deep: bool = True) -> dict[str, JsonValue]:
    """Merge a list of objects, later ones over earlier ones; objects inside are merged too unless not `deep`."""
    merged: dict[str, JsonValue] = {}
    for index, item in enumerate(data):
        if not isinstance(item, dict):
            raise refuse(f"item {index} isn't an object")
        merged = _merge(merged, item) if deep else {**merged, **item}
    return merged


def validate(data: JsonValue, *, schema: dict[str, JsonValue]) -> JsonValue:
    """Return the input if it fits a JSON Schema (draft 2020-12), else fail with where it doesn't."""
    problem = find_schema_problem(schema)
    if problem:
        raise refuse(f"not a JSON Schema: {problem.message}")
    mismatch = explain_mismatch(schema, data)
    if mismatch:
        raise refuse(f"the input doesn't fit the schema: {mismatch}")
    return data


def _to_pointer(path: str) -> str:
    if path[:1] in _DOTTED_STARTS:
        parse_pointer(path)
        return path
    return format_pointer(parse_yaml_path(path))


def _merge(below: Mapping[str, JsonValue], above: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        both = isinstance(under, dict) and isinstance(value, dict)
        merged[key] = _merge(under, value) if both else value  # type: ignore[arg-type]
    return merged
