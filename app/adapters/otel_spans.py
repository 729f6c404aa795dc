"""Our finished spans as the OpenTelemetry SDK's, with the ids and times they have."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from telemetry import Span
from telemetry.attributes import CONTRACT_VERSION

SCOPE = InstrumentationScope("flujo", CONTRACT_VERSION)

# Their numbers begin one lower than those of the wire format.
_KINDS = {kind.value + 1: kind for kind in SpanKind}


def to_readable(span: Span, resource: Resource) -> ReadableSpan:
    """Return the span as exporters of the SDK take it."""
    trace_id = int(span.trace_id, 16)
    parent = _context(trace_id, span.parent_span_id) if span.parent_span_id else None
    return ReadableSpan(
        name=span.name,
        context=_context(trace_id, span.span_id),
        parent=parent,
        resource=resource,
        attributes=dict(span.attributes),
        events=[Event(one.name, dict(one.attributes), one.time_ns) for one in span.events],
        kind=_KINDS.get(span.kind, SpanKind.INTERNAL),
        status=Status(StatusCode(span.status)),
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=SCOPE,
    )


def _context(trace_id: int, span_id: str) -> SpanContext:
    return SpanContext(
        trace_id, int(span_id, 16), is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED)
    )
