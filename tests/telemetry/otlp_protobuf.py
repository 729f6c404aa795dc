"""Spans as the body of a protobuf request, by the official messages and not by ours."""

from collections.abc import Iterable, Mapping

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData

from telemetry import AttributeValue, Span


def encode_protobuf(
    spans: Iterable[Span], *, resource: Mapping[str, AttributeValue] | None = None
) -> bytes:
    """Return an `ExportTraceServiceRequest` of one resource and scope."""
    group = ResourceSpans()
    group.resource.attributes.extend(_pairs(resource or {}))
    scope = group.scope_spans.add()
    for span in spans:
        message = scope.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_span_id),
            name=span.name,
            start_time_unix_nano=span.start_ns,
            end_time_unix_nano=span.end_ns,
        )
        message.attributes.extend(_pairs(span.attributes))
    written: bytes = TracesData(resource_spans=[group]).SerializeToString()
    return written


def _pairs(attributes: Mapping[str, AttributeValue]) -> Iterable[KeyValue]:
    for key, value in attributes.items():
        yield KeyValue(key=key, value=_to_any(value))


def _to_any(value: AttributeValue) -> AnyValue:
    match value:
        case None:
            return AnyValue()
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case _:
            return AnyValue(string_value=value)
