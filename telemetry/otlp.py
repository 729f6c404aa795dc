"""OTLP/JSON, one `TracesData` a line: the format of the OpenTelemetry Collector's file exporter.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding (ids are hex, 64-bit integers are strings) and
https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/. Unknown fields are ignored, as that text demands; what
we do read is read strictly. Attribute values that aren't scalars (arrays, maps, bytes) are dropped unread.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import orjson

from telemetry.attributes import (
    CONTRACT_VERSION,
    REPOSITORY,
    SPEC_PATH,
    SPEC_SHA256,
    STEP_ID,
    YAML_PATH,
)
from telemetry.errors import OtlpError
from telemetry.spans import (
    NO_ATTRIBUTES,
    SERVICE_INSTANCE,
    Attributes,
    AttributeValue,
    Span,
    SpanEvent,
)
from telemetry.wire import (
    MAX_LINE_BYTES,
    MAX_SPANS_PER_LINE,
    read_attributes,
    read_id,
    read_kind,
    read_list,
    read_object,
    read_status,
    read_text,
    read_time,
)

KEPT_RESOURCE: Final = (
    *("service.name", SERVICE_INSTANCE),
    *(REPOSITORY, SPEC_PATH, SPEC_SHA256, STEP_ID, YAML_PATH),
)
"""Resource attributes that outlive decoding: who sent the spans, and about which repository, spec and step."""

_SCOPE = {"name": "flujo", "version": CONTRACT_VERSION}
_INT64 = range(-(2**63), 2**63)


def encode_traces(spans: Iterable[Span], *, resource: Attributes) -> bytes:
    """Return `spans` as one line, newline included; raises `OtlpError` for text or numbers OTLP can't carry."""
    scope_spans = {"scope": _SCOPE, "spans": [_span_json(span) for span in spans]}
    resource_json = {"attributes": _attributes_json(resource)}
    data = {"resourceSpans": [{"resource": resource_json, "scopeSpans": [scope_spans]}]}
    try:
        return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise OtlpError(f"not representable as JSON: {error}") from error


def decode_line(line: bytes, *, line_number: int = 0) -> list[Span]:
    """Return the spans of one line in wire order; raises `OtlpError` with `line_number` (1-based) and the reason."""
    try:
        return _decode(line)
    except OtlpError as error:
        raise OtlpError(error.reason, line=line_number) from error


def decode_lines(lines: Iterable[bytes]) -> Iterator[Span]:
    """Yield the spans of a file's lines, blank lines skipped; raises `OtlpError` at the first line that isn't OTLP."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield from decode_line(line, line_number=number)


def decode_traces(body: bytes) -> tuple[list[Span], list[str]]:
    """Return the spans of a request's body that can be read, and for each that can't the reason.

    Raises `OtlpError` for a body that isn't trace data at all.
    """
    spans: list[Span] = []
    reasons: list[str] = []
    for item, resource in _list_items(body):
        try:
            spans.append(_read_span(item, resource))
        except OtlpError as error:
            reasons.append(error.reason)
    return spans, reasons


def _decode(line: bytes) -> list[Span]:
    return [_read_span(item, resource) for item, resource in _list_items(line)]


def _list_items(line: bytes) -> list[tuple[object, Attributes]]:
    if len(line) > MAX_LINE_BYTES:
        raise OtlpError(f"a line of {len(line)} bytes; at most {MAX_LINE_BYTES} are read")
    try:
        data = orjson.loads(line)
    except ValueError as error:
        raise OtlpError(f"not JSON: {error}") from error
    items: list[tuple[object, Attributes]] = []
    for resource_spans in read_list(read_object(data, "the line"), "resourceSpans"):
        group = read_object(resource_spans, "resourceSpans[]")
        resource = _read_resource(group)
        for scope in read_list(group, "scopeSpans"):
            spans = read_list(read_object(scope, "scopeSpans[]"), "spans")
            items += [(item, resource) for item in spans]
    if len(items) > MAX_SPANS_PER_LINE:
        raise OtlpError(f"{len(items)} spans in a line; at most {MAX_SPANS_PER_LINE} are read")
    return items


def _read_resource(group: Mapping[str, object]) -> Attributes:
    if group.get("resource") is None:
        return NO_ATTRIBUTES
    resource = read_object(group["resource"], "resource")
    attributes = read_attributes(read_list(resource, "attributes"))
    return {key: attributes[key] for key in KEPT_RESOURCE if key in attributes}


def _read_span(item: object, resource: Attributes) -> Span:
    span = read_object(item, "spans[]")
    return Span(
        read_id(span.get("traceId"), "traceId", 32),
        read_id(span.get("spanId"), "spanId", 16),
        read_id(parent, "parentSpanId", 16) if (parent := span.get("parentSpanId")) else "",
        read_text(span.get("name", ""), "name"),
        read_kind(span.get("kind", 0)),
        read_time(span.get("startTimeUnixNano"), "startTimeUnixNano"),
        read_time(span.get("endTimeUnixNano"), "endTimeUnixNano"),
        read_status(span.get("status")),
        read_attributes(read_list(span, "attributes")),
        tuple(map(_read_event, read_list(span, "events"))) if "events" in span else (),
        resource,
    )


def _read_event(item: object) -> SpanEvent:
    event = read_object(item, "events[]")
    return SpanEvent(
        name=read_text(event.get("name", ""), "events[].name"),
        time_ns=read_time(event.get("timeUnixNano"), "timeUnixNano"),
        attributes=read_attributes(read_list(event, "attributes")),
    )


def _span_json(span: Span) -> dict[str, object]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_span_id,
        "name": span.name,
        "kind": int(span.kind),
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes_json(span.attributes),
        "events": [_event_json(event) for event in span.events],
        "status": {"code": int(span.status)},
    }


def _event_json(event: SpanEvent) -> dict[str, object]:
    attributes = _attributes_json(event.attributes)
    return {"timeUnixNano": str(event.time_ns), "name": event.name, "attributes": attributes}


def _attributes_json(attributes: Attributes) -> list[dict[str, object]]:
    return [{"key": key, "value": _value_json(value)} for key, value in attributes.items()]


def _value_json(value: AttributeValue) -> dict[str, object]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int() if value in _INT64:
            return {"intValue": str(value)}
        case int():
            raise OtlpError(f"{value} doesn't fit 64 bits")
        case float():
            return {"doubleValue": value if abs(value) < float("inf") else _unusual_json(value)}
        case _:
            return {"stringValue": value}


def _unusual_json(value: float) -> str:
    """Return protobuf's JSON word for what JSON has no number for."""
    if value != value:
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
