"""A span as we keep it: the OpenTelemetry fields Flujo reads or writes, attributes flat.

Field meanings: https://opentelemetry.io/docs/specs/otel/trace/api/#span
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

AttributeValue = str | int | float | bool | None
Attributes = Mapping[str, AttributeValue]

NO_ATTRIBUTES: Attributes = MappingProxyType({})
SERVICE_INSTANCE = "service.instance.id"
SENDER_NAME = "flujo.sender"
"""Who vouched for a span, put beside its resource by ingest; it is never read from the wire."""

_MAX_SOURCE_CHARS = 128


class SpanKind(IntEnum):
    """Numbers of the OTLP wire format."""

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class SpanStatus(IntEnum):
    """Numbers of the OTLP wire format; the free-text message beside them is neither written nor kept."""

    UNSET = 0
    OK = 1
    ERROR = 2


class SpanEvent(NamedTuple):
    """Something that happened at one moment of a span."""

    name: str
    time_ns: int
    attributes: Attributes = NO_ATTRIBUTES


class Span(NamedTuple):
    """One span; ids are lower-case hex, `parent_span_id` is "" for a root, times are nanoseconds since the Unix epoch.

    A named tuple, because ingest makes one a span and a frozen dataclass costs four times as much to build.
    `resource` holds only the attributes of `KEPT_RESOURCE`; spans of one line share it.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    status: SpanStatus
    attributes: Attributes
    events: tuple[SpanEvent, ...] = ()
    resource: Attributes = NO_ATTRIBUTES


def read_source(resource: Attributes) -> str:
    """Return which instance of a service speaks, "" where the resource doesn't say."""
    named = resource.get(SERVICE_INSTANCE)
    return named[:_MAX_SOURCE_CHARS] if isinstance(named, str) else ""


def read_sender(resource: Attributes) -> str:
    """Return who vouched for the spans, "" where nobody was asked."""
    named = resource.get(SENDER_NAME)
    return named if isinstance(named, str) else ""
