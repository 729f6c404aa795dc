"""What a JSON Schema leaves possible, as far as it is certain: kinds of values, fields, and misfits of two schemas.

Every judgement is an upper bound. Keywords that aren't looked at (`anyOf`, `$ref`, `minimum`, …) only narrow a schema
further, so what can't be here can't be in the whole schema either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

Schema = Mapping[str, JsonValue]
_NUMBERS = {"number", "integer"}
_OBJECT, _ARRAY = frozenset({"object"}), frozenset({"array"})
_ELSEWHERE = frozenset({"allOf", "anyOf", "oneOf", "if", "$ref", "$dynamicRef", "dependentSchemas"})
"""Keywords behind which more fields may be named."""


@dataclass(frozen=True, slots=True)
class NoField:
    """A path that leads out of what a schema names; `certain` when nothing else can be there."""

    name: str
    known: tuple[str, ...]
    certain: bool


def types_of(schema: Schema) -> frozenset[str] | None:
    """Return the JSON types a value may have, None for any; a whole number is both `integer` and `number`."""
    values = values_of(schema)
    if values is not None:
        return frozenset(kind for value in values for kind in _widen(_type_of(value)))
    named = schema.get("type")
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list):
        return None
    return frozenset(kind for name in names for kind in _widen(str(name)))


def values_of(schema: Schema) -> Sequence[JsonValue] | None:
    """Return the values a schema lists, None when it lists none; true and false for a boolean."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    if isinstance(listed, list):
        return listed
    return [True, False] if schema.get("type") == "boolean" else None


def look_into(schema: Schema, path: Sequence[str | int]) -> Schema | NoField | None:
    """Follow a path into a schema; None where the schema says nothing about it."""
    for part in path:
        found = _step_into(schema, part)
        if not isinstance(found, Mapping):
            return found
        schema = found
    return schema


def explain_misfit(gives: Schema, takes: Schema, where: str = "it") -> str:
    """Return why no value of the one schema fits the other, `""` when one may."""
    given, taken = types_of(gives), types_of(takes)
    if given is not None and taken is not None and not given & taken:
        return f"{where} is {_say(given)}, not {_say(taken)}"
    offered, wanted = values_of(gives), values_of(takes)
    if offered is not None and wanted is not None and not _share(offered, wanted):
        return f"{where} is one of {_list(offered)}, none of {_list(wanted)}"
    if _OBJECT in (given, taken):
        return _explain_fields(gives, takes, where)
    return ""


def _explain_fields(gives: Schema, takes: Schema, where: str) -> str:
    offered, wanted = _properties(gives), _properties(takes)
    sure = {*_required(gives), *_required(takes)}
    for name in _required(takes):
        if name not in offered and _is_closed(gives):
            return f"{_below(where, name)} is required, and never there"
    for name in sorted(sure & offered.keys() & wanted.keys()):
        left, right = offered[name], wanted[name]
        if isinstance(left, dict) and isinstance(right, dict):
            problem = explain_misfit(left, right, _below(where, name))
            if problem:
                return problem
    return ""


def _step_into(schema: Schema, part: str | int) -> Schema | NoField | None:
    types = types_of(schema)
    if types is not None and not types & (_OBJECT | _ARRAY):
        return NoField(str(part), (), certain=True)
    if isinstance(part, int) or part == "*":
        items = schema.get("items")
        return items if types == _ARRAY and isinstance(items, dict) else None
    if types != _OBJECT:
        return None
    properties = _properties(schema)
    if part in properties:
        inner = properties[part]
        return inner if isinstance(inner, dict) else None
    if not _is_closed(schema) and (not properties or not schema.keys().isdisjoint(_ELSEWHERE)):
        return None
    if "patternProperties" in schema or isinstance(schema.get("additionalProperties"), dict):
        return None
    return NoField(part, tuple(properties), certain=_is_closed(schema))


def _is_closed(schema: Schema) -> bool:
    return schema.get("additionalProperties") is False and "patternProperties" not in schema


def _properties(schema: Schema) -> dict[str, JsonValue]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _required(schema: Schema) -> list[str]:
    required = schema.get("required")
    return [str(name) for name in required] if isinstance(required, list) else []


def _type_of(value: JsonValue) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
    return "object"


def _widen(name: str) -> set[str]:
    return _NUMBERS if name in _NUMBERS else {name}


def _share(offered: Sequence[JsonValue], wanted: Sequence[JsonValue]) -> bool:
    """Tell whether any value is in both, as JSON Schema compares: 1 is 1.0, and isn't true."""
    return any(
        left == right and isinstance(left, bool) is isinstance(right, bool)
        for left in offered
        for right in wanted
    )


def _below(where: str, name: str) -> str:
    return f"`{name}`" if where == "it" else f"{where[:-1]}.{name}`"


def _say(types: frozenset[str]) -> str:
    return " or ".join(sorted(types - ({"integer"} if "number" in types else set())))


def _list(values: Sequence[JsonValue]) -> str:
    return ", ".join(repr(value) for value in values[:5]) + (", …" if len(values) > 5 else "")
