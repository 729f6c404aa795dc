"""What people and models wrote into spans, by span: the very texts that `drop_text` takes out of a body.

Of every span: attributes that aren't understood, the attributes of its events, and the message of its status. Numbers
and flags are no text; lists and maps are told as JSON.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from telemetry.attributes import STEP_ID
from telemetry.volume.bodies import Encoding, is_refused
from telemetry.volume.normalise import KNOWN_NAMES
from telemetry.volume.protobuf import MAX_DEPTH, parse_texts, read_pair
from telemetry.volume.slots import CONTRACT

MAX_CHARS: Final = 16_384
"""Of a longer text the beginning is kept."""

MAX_TEXTS: Final = 20_000
"""Texts of one body; what comes behind them is left out."""

_TRACE_ID: Final = re.compile("[0-9a-f]{32}").fullmatch
_SPAN_ID: Final = re.compile("[0-9a-f]{16}").fullmatch
_KNOWN: Final = KNOWN_NAMES | CONTRACT

_Pairs = Iterator[tuple[str, object]]
_Object = Mapping[str, Any]  # as it came: nothing of it is trusted yet


class FreeText(NamedTuple):
    """A text, and whose it is; `name` is an attribute's, `event/attribute` of an event, or `status`."""

    trace_id: str
    span_id: str
    step_id: str
    name: str
    text: str


def find_texts(body: bytes, encoding: Encoding) -> list[FreeText]:
    """Return the texts of a body, at most `MAX_TEXTS`; raises `OtlpError` for protobuf that can't be read."""
    spans = _read_json(body) if encoding is Encoding.JSON else _read_protobuf(body)
    found: list[FreeText] = []
    for span in spans:
        found += _tell(span)
        if len(found) >= MAX_TEXTS:
            return found[:MAX_TEXTS]
    return found


class _Span(NamedTuple):
    trace_id: str
    span_id: str
    step_id: str
    """That of the resource."""

    attributes: list[tuple[str, object]]
    events: list[tuple[str, object]]
    message: str


def _tell(span: _Span) -> Iterator[FreeText]:
    step_id = _string(dict(span.attributes).get(STEP_ID)) or span.step_id
    texts = [(key, value) for key, value in span.attributes if key not in _KNOWN]
    for name, value in (*texts, *span.events, ("status", span.message)):
        text = _to_text(value)
        if text:
            yield FreeText(span.trace_id, span.span_id, step_id, name, text[:MAX_CHARS])


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, (list, dict)) and value else ""


def _read_protobuf(body: bytes) -> Iterator[_Span]:
    for group in parse_texts(body).resource_spans:
        step_id = _string(dict(map(read_pair, group.resource.attributes)).get(STEP_ID))
        for scope in group.scope_spans:
            for span in scope.spans:
                if is_refused(span.trace_id, span.span_id, span.attributes):
                    continue
                events = [
                    (f"{_decode(event.name)}/{name}", value)
                    for event in span.events
                    for name, value in map(read_pair, event.attributes)
                ]
                yield _Span(
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    step_id,
                    list(map(read_pair, span.attributes)),
                    events,
                    _decode(span.status.message),
                )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _decode(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _read_json(body: bytes) -> Iterator[_Span]:
    try:
        groups = orjson.loads(body)["resourceSpans"]
        for group in groups:
            step_id = _string(dict(_pairs(group.get("resource") or {})).get(STEP_ID))
            for scope in group.get("scopeSpans") or ():
                for span in scope.get("spans") or ():
                    yield from _read_json_span(span, step_id)
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # nothing of it can be taken; whoever reads it says why


def _read_json_span(span: _Object, step_id: str) -> Iterator[_Span]:
    try:
        events = [
            (f"{_string(event.get('name'))}/{name}", value)
            for event in span.get("events") or ()
            for name, value in _pairs(event)
        ]
        status = span.get("status") or {}
        ids = span["traceId"].lower(), span["spanId"].lower()
        if not (_TRACE_ID(ids[0]) and _SPAN_ID(ids[1])):
            return
        message = _string(status.get("message"))
        yield _Span(*ids, step_id, list(_pairs(span)), events, message)
    except (ValueError, TypeError, KeyError, AttributeError):
        return  # no span: it is refused, and the others aren't


def _pairs(holder: _Object) -> _Pairs:
    for pair in holder.get("attributes") or ():
        if isinstance(pair["key"], str):
            yield pair["key"], _plain(pair.get("value"), depth=0)


def _plain(value: object, *, depth: int) -> object:
    """Return an `AnyValue` of JSON as plain data; what is nested too deep is left out."""
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return None
    for name, held in value.items():
        if name == "arrayValue":
            return [_plain(each, depth=depth + 1) for each in held.get("values") or ()]
        if name == "kvlistValue":
            pairs = held.get("values") or ()
            return {
                _string(pair["key"]): _plain(pair.get("value"), depth=depth + 1) for pair in pairs
            }
    scalar = next(iter(value.values()), None)
    return scalar if isinstance(scalar, (str, int, float)) else None
