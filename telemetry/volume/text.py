"""Takes what people and models wrote out of bodies, before they are written down: prompts, answers, messages of errors.

Of spans of other emitters only the attributes that are understood stay, and numbers and flags; their events, links and
status messages go, and so do their names. Our own engine writes no text, so its spans stay as they are.
"""

from collections.abc import Container
from typing import Any, Final

import orjson

from telemetry.otlp import KEPT_RESOURCE
from telemetry.volume.attribute_bytes import KEPT_RESOURCE_HEADS, KNOWN_HEADS
from telemetry.volume.bodies import OWN_SCOPE, Encoding, is_refused
from telemetry.volume.normalise import KNOWN_NAMES
from telemetry.volume.protobuf import parse_traces
from telemetry.volume.slots import CONTRACT

_Object = dict[str, Any]  # as it came: nothing of it is trusted yet
_NUMBERS: Final = frozenset({0x10, 0x18, 0x21})
"""First bytes of a value that is a flag, a whole number or a double."""

_SCALARS: Final = frozenset({"boolValue", "intValue", "doubleValue"})
_KNOWN: Final = KNOWN_NAMES | CONTRACT
_KEPT_FIELDS: Final = frozenset(
    {
        *("traceId", "spanId", "parentSpanId", "kind", "attributes", "status"),
        *("startTimeUnixNano", "endTimeUnixNano"),
    }
)


def drop_text(body: bytes, encoding: Encoding) -> bytes:
    """Return a body without free text; raises `OtlpError` for protobuf that can't be read, and passes such JSON on."""
    return _drop_from_json(body) if encoding is Encoding.JSON else _drop_from_protobuf(body)


def _drop_from_protobuf(body: bytes) -> bytes:
    message = parse_traces(body)
    message.DiscardUnknownFields()
    for group in message.resource_spans:
        _keep(group.resource.attributes, KEPT_RESOURCE_HEADS)
        for scope in group.scope_spans:
            if scope.scope.name == OWN_SCOPE:
                continue
            for span in scope.spans:
                if is_refused(span.trace_id, span.span_id, span.attributes):
                    span.Clear()  # with fewer attributes it would no longer be refused
                else:
                    span.ClearField("name")
                    _keep(span.attributes, KNOWN_HEADS)
    kept: bytes = message.SerializeToString()
    return body if len(kept) == len(body) else kept


def _keep(attributes: Any, heads: frozenset[bytes]) -> None:
    kept = [
        raw for raw in attributes if len(raw) < 2 or raw[: 2 + raw[1]] in heads or _is_number(raw)
    ]
    if len(kept) < len(attributes):
        del attributes[:]
        attributes.extend(kept)


def _is_number(raw: bytes) -> bool:
    """Whether an attribute's value is a number or a flag, after a key of ordinary length."""
    value = 2 + raw[1]
    return raw[1] < 128 and len(raw) > value + 2 and raw[value + 2] in _NUMBERS


def _drop_from_json(body: bytes) -> bytes:
    try:
        groups = orjson.loads(body)["resourceSpans"]
        if all(_is_ours(scope) for group in groups for scope in group.get("scopeSpans") or ()):
            return body
        data = {"resourceSpans": [_strip_group(group) for group in groups]}
        return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)
    except (ValueError, TypeError, KeyError, AttributeError):
        return body  # nothing of it can be taken; whoever reads it says why


def _strip_group(group: _Object) -> _Object:
    resource = group.get("resource")
    kept = _filter(resource.get("attributes"), KEPT_RESOURCE) if resource is not None else []
    scopes = [_strip_scope(scope) for scope in group.get("scopeSpans") or ()]
    return {"resource": {"attributes": kept}, "scopeSpans": scopes}


def _strip_scope(scope: _Object) -> _Object:
    if _is_ours(scope):
        return scope
    return {"spans": [_strip_span(span) for span in scope.get("spans") or ()]}


def _is_ours(scope: _Object) -> bool:
    named = scope.get("scope")
    return isinstance(named, dict) and named.get("name") == OWN_SCOPE.decode()


def _strip_span(span: _Object) -> _Object:
    try:
        kept = {name: value for name, value in span.items() if name in _KEPT_FIELDS}
        if "attributes" in kept:
            kept["attributes"] = _filter(kept["attributes"], _KNOWN)
        if isinstance(kept.get("status"), dict):
            kept["status"] = {name: code for name, code in kept["status"].items() if name == "code"}
    except (TypeError, AttributeError):
        return {}  # no span: it is refused, and the others aren't
    return kept


def _filter(attributes: Any, known: Container[str]) -> list[_Object]:
    return [pair for pair in attributes or [] if pair.get("key") in known or _has_number(pair)]


def _has_number(pair: _Object) -> bool:
    value = pair.get("value")
    return isinstance(value, dict) and bool(value) and value.keys() <= _SCALARS
