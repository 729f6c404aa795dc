"""The keywords of JSON Schema that hold regular expressions, in linear time: by RE2, as ECMA-262 reads them.

Python's own engine takes exponential time for some patterns, so what RE2 can't read (look-around, back-references, more
than 1,000 repetitions) isn't used at all. Imported where it is used: jsonschema takes 35 ms.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

_MAX_SHOWN = 200
_UNICODE_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|.)", re.DOTALL)
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_Problems = Iterator[ValidationError]


def _check_pattern(validator: Any, pattern: str, instance: object, schema: object) -> _Problems:
    del validator, schema
    if isinstance(instance, str) and not _finder(pattern)(instance):
        yield ValidationError(f"{_shorten(instance)} does not match {pattern!r}")


def _check_pattern_properties(
    validator: Any, patterns: Mapping[str, object], instance: object, schema: object
) -> _Problems:
    del schema
    for name, value in instance.items() if isinstance(instance, dict) else ():
        for pattern, inner in patterns.items():
            if _finder(pattern)(name):
                yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _check_additional_properties(
    validator: Any, allowed: object, instance: object, schema: Mapping[str, Any]
) -> _Problems:
    if not isinstance(instance, dict):
        return
    finders = [_finder(pattern) for pattern in schema.get("patternProperties", {})]
    known = schema.get("properties", {})
    extras = [
        name for name in instance if name not in known and not any(find(name) for find in finders)
    ]
    if isinstance(allowed, dict):
        for name in extras:
            yield from validator.descend(instance[name], allowed, path=name)
    elif allowed is False and extras:
        told = ", ".join(_shorten(name) for name in sorted(extras))
        were = "was" if len(extras) == 1 else "were"
        yield ValidationError(f"Additional properties are not allowed ({told} {were} unexpected)")


@lru_cache(maxsize=1024)
def _finder(pattern: str) -> Callable[[str], bool]:
    """Return what searches a text; raises `re2.error`, `UnicodeEncodeError` for half a character."""
    linear = re2.compile(_UNICODE_ESCAPE.sub(_rewrite_escape, pattern), _OPTIONS)
    return lambda text: linear.search(text.encode(errors="replace")) is not None


def _rewrite_escape(escape: re.Match[str]) -> str:
    """ECMA-262 writes a character as `\\u00e9`, RE2 as `\\x{00e9}`."""
    return f"\\x{{{escape[1]}}}" if escape[1] else escape[0]


def _is_readable(pattern: object) -> bool:
    return not isinstance(pattern, str) or bool(_finder(pattern))


def _shorten(text: str) -> str:
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")


SchemaValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _check_pattern,
        "patternProperties": _check_pattern_properties,
        "additionalProperties": _check_additional_properties,
    },
)

UNREADABLE = (re2.error, UnicodeEncodeError)
"""What is raised for a pattern that RE2 can't read."""

SCHEMA_FORMATS = FormatChecker()
"""What makes a schema one beyond its shape: its patterns can be read."""
SCHEMA_FORMATS.checkers = {"regex": (_is_readable, UNREADABLE)}
