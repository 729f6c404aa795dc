"""The fields of OTLP/JSON, read one at a time and strictly: every reader returns the value or raises `OtlpError`."""

import re
from collections.abc import Callable
from typing import Final, cast

from telemetry.errors import OtlpError
from telemetry.spans import NO_ATTRIBUTES, Attributes, AttributeValue, SpanKind, SpanStatus

MAX_LINE_BYTES: Final = 32 * 1024 * 1024
MAX_SPANS_PER_LINE: Final = 100_000
MAX_ATTRIBUTES: Final = 512
MAX_TEXT_CHARS: Final = 65_536

_HEX = re.compile("[0-9a-fA-F]+").fullmatch
_ZEROS = "0" * 32
_INTEGER = re.compile(r"-?[0-9]{1,20}").fullmatch
_UNUSUAL = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_KINDS: dict[object, SpanKind] = {kind.value: kind for kind in SpanKind} | {
    f"SPAN_KIND_{kind.name}": kind for kind in SpanKind
}
_STATUSES: dict[object, SpanStatus] = {status.value: status for status in SpanStatus} | {
    f"STATUS_CODE_{status.name}": status for status in SpanStatus
}


def read_object(value: object, where: str) -> dict[str, object]:
    """Return `value`, which must be an object."""
    if type(value) is not dict:
        raise OtlpError(f"{_quote(where)} must be an object")
    return value


def read_list(item: dict[str, object], key: str) -> list[object]:
    """Return the list at `key`; a missing or null one is empty, as in protobuf."""
    value = item.get(key)
    if value is None:
        return []
    if type(value) is not list:
        raise OtlpError(f"{key!r} must be a list")
    return value


def read_text(value: object, where: str) -> str:
    """Return `value`, which must be a string of bearable length."""
    if type(value) is not str:
        raise OtlpError(f"{_quote(where)} must be a string")
    if len(value) > MAX_TEXT_CHARS:
        raise OtlpError(f"{_quote(where)} is longer than {MAX_TEXT_CHARS} characters")
    return value


def read_id(value: object, where: str, size: int) -> str:
    """Return an id of `size` hex digits in lower case; all zeros is no id."""
    if type(value) is str and len(value) == size and _HEX(value) and value != _ZEROS[:size]:
        return value.lower()
    raise OtlpError(f"{_quote(where)} must be {size} hex digits, not all zero")


def read_time(value: object, where: str) -> int:
    """Return nanoseconds since the Unix epoch; a missing time is refused, for it would read as 1970."""
    nanoseconds = _read_integer(value, where)
    if not 0 <= nanoseconds < 2**64:
        raise OtlpError(f"{_quote(where)} doesn't fit an unsigned 64-bit integer")
    return nanoseconds


def read_kind(value: object) -> SpanKind:
    """Return the span kind, given by number or by protobuf name."""
    return cast(SpanKind, _read_enum(_KINDS, value, "kind"))


def read_status(value: object) -> SpanStatus:
    """Return the status code of a `status` object; none means unset."""
    if value is None:
        return SpanStatus.UNSET
    code = read_object(value, "status").get("code", 0)
    return cast(SpanStatus, _read_enum(_STATUSES, code, "status.code"))


def read_attributes(items: list[object]) -> Attributes:
    """Return attributes as a flat mapping; a key given twice is refused, an empty value is `None`."""
    if not items:
        return NO_ATTRIBUTES
    if len(items) > MAX_ATTRIBUTES:
        raise OtlpError(f"{len(items)} attributes; at most {MAX_ATTRIBUTES} are read")
    attributes: dict[str, AttributeValue] = {}
    dropped = 0
    for item in items:
        pair = item if type(item) is dict else read_object(item, "attributes[]")
        key = pair.get("key")
        if type(key) is not str:
            raise OtlpError("'attributes[].key' must be a string")
        # Most values are short texts; they are read here, for a call per attribute would halve the speed.
        value = pair.get("value")
        text = value.get("stringValue") if type(value) is dict and len(value) == 1 else None
        if type(text) is str and len(text) <= MAX_TEXT_CHARS:
            attributes[key] = text
        elif not _read_other(key, value, attributes):
            dropped += 1
    if len(attributes) + dropped != len(items):
        raise OtlpError("an attribute key is given twice")
    return attributes


def _read_other(key: str, value: object, attributes: dict[str, AttributeValue]) -> bool:
    """Add an attribute of any scalar type; returns False for one that is no scalar and was dropped."""
    given = read_object({} if value is None else value, key)
    known = given if len(given) == 1 else [name for name in given if name in _READERS]
    if len(known) > 1:
        raise OtlpError(f"{_quote(key)} has several values")
    for name in known:
        if name in _OPAQUE:
            return False
        reader = _READERS.get(name)
        attributes[key] = reader(given[name], key) if reader else None
        return True
    attributes[key] = None
    return True


def _quote(where: str) -> str:
    return repr(where[:80])


def _read_integer(value: object, where: str) -> int:
    if type(value) is int:
        return value
    if type(value) is str and _INTEGER(value):
        return int(value)
    raise OtlpError(f"{_quote(where)} must be an integer")


def _read_int64(value: object, where: str) -> int:
    number = _read_integer(value, where)
    if not -(2**63) <= number < 2**63:
        raise OtlpError(f"{_quote(where)} doesn't fit a 64-bit integer")
    return number


def _read_double(value: object, where: str) -> float:
    if type(value) is float or type(value) is int:
        return float(value)
    if type(value) is str and value in _UNUSUAL:
        return _UNUSUAL[value]
    raise OtlpError(f"{_quote(where)} must be a number")


def _read_enum(
    members: dict[object, SpanKind] | dict[object, SpanStatus], value: object, where: str
) -> SpanKind | SpanStatus:
    if type(value) in (int, str) and value in members:
        return members[value]
    raise OtlpError(f"{_quote(where)} {str(value)[:40]!r} is unknown")


def _read_flag(value: object, where: str) -> bool:
    if type(value) is not bool:
        raise OtlpError(f"{_quote(where)} must be true or false")
    return value


_OPAQUE: Final = frozenset({"arrayValue", "kvlistValue", "bytesValue"})
_READERS: Final[dict[str, Callable[[object, str], AttributeValue] | None]] = {
    "stringValue": read_text,
    "intValue": _read_int64,
    "doubleValue": _read_double,
    "boolValue": _read_flag,
    **dict.fromkeys(_OPAQUE),
}
"""How each kind of attribute value is read; `None`: not kept."""
