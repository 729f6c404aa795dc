"""JSON Schema (draft 2020-12), offline: whether a schema is one, and why a value doesn't fit it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson
from pydantic import JsonValue

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def explain_mismatch(schema: Mapping[str, JsonValue], value: JsonValue) -> str:
    """Return why the value doesn't fit, `""` when it does; a reference to another document never resolves."""
    import referencing.exceptions
    from jsonschema.exceptions import best_match

    try:
        problem = best_match(_validator(orjson.dumps(schema)).iter_errors(value))
    except referencing.exceptions.Unresolvable as error:
        return f"the schema refers to {error.ref!r}, which isn't in it"
    return problem.message if problem else ""


def find_schema_problem(schema: Mapping[str, JsonValue]) -> str:
    """Return why a mapping isn't a JSON Schema, `""` when it is one."""
    return _find_problem(orjson.dumps(schema))


@lru_cache(maxsize=1024)
def _find_problem(schema: bytes) -> str:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(orjson.loads(schema))
    except SchemaError as error:
        return error.message
    return ""


@lru_cache(maxsize=1024)
def _validator(schema: bytes) -> "Draft202012Validator":
    # Imported where it is used: most specs have no schema, and it takes 35 ms.
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # An empty registry: jsonschema would otherwise fetch what a schema refers to.
    return Draft202012Validator(orjson.loads(schema), registry=Registry())
