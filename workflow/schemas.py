"""JSON Schema (draft 2020-12), offline: whether a schema is one, and why a value doesn't fit it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import orjson
from pydantic import JsonValue

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


class SchemaProblem(NamedTuple):
    """Why a mapping isn't a schema, and the path to the keyword that is wrong."""

    path: tuple[str | int, ...]
    message: str


def explain_mismatch(schema: Mapping[str, JsonValue], value: JsonValue) -> str:
    """Return why the value doesn't fit, `""` when it does; a reference to another document never resolves."""
    import referencing.exceptions
    from jsonschema.exceptions import best_match

    from workflow.schema_keywords import UNREADABLE

    try:
        problem = best_match(_validator(orjson.dumps(schema)).iter_errors(value))
    except referencing.exceptions.Unresolvable as error:
        return f"the schema refers to {error.ref!r}, which isn't in it"
    except UNREADABLE as error:
        return f"the schema has a pattern that can't be read: {_say(error)}"
    return problem.message if problem else ""


def find_schema_problem(schema: Mapping[str, JsonValue]) -> SchemaProblem | None:
    """Return why a mapping isn't a JSON Schema that takes linear time, None when it is one."""
    return _find_problem(orjson.dumps(schema))


@lru_cache(maxsize=1024)
def _find_problem(schema: bytes) -> SchemaProblem | None:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    from workflow.schema_keywords import SCHEMA_FORMATS

    try:
        Draft202012Validator.check_schema(orjson.loads(schema), format_checker=SCHEMA_FORMATS)
    except SchemaError as error:
        message = error.message
        if error.cause:
            why = "look-around, back-references and more than 1,000 repetitions aren't understood"
            message = f"pattern {error.instance!r}: {_say(error.cause)}; {why}"
        elif error.validator == "anyOf" and tuple(error.absolute_path)[-1:] == ("type",):
            message = f"{error.instance!r} is no type; known: {', '.join(_TYPES)}"
        return SchemaProblem(tuple(error.absolute_path), message)
    return None


def _say(error: BaseException) -> str:
    """Say what RE2 says, which is bytes."""
    said = error.args[0] if error.args else error
    return said.decode(errors="replace") if isinstance(said, bytes) else str(error)


@lru_cache(maxsize=1024)
def _validator(schema: bytes) -> "Draft202012Validator":
    # Imported where it is used: most specs have no schema, and it takes 35 ms.
    from referencing import Registry

    from workflow.schema_keywords import SchemaValidator

    # An empty registry: jsonschema would otherwise fetch what a schema refers to.
    validator: Draft202012Validator = SchemaValidator(orjson.loads(schema), registry=Registry())
    return validator
