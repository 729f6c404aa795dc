"""Bodies of OTLP requests → rows of slots: protobuf without an object a span, JSON through the strict reader."""

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from telemetry.attributes import REPOSITORY
from telemetry.otlp import decode_traces
from telemetry.spans import (
    NO_ATTRIBUTES,
    Attributes,
    Span,
    SpanKind,
    SpanStatus,
    read_source,
)
from telemetry.volume import slots
from telemetry.volume.attribute_bytes import (
    KEPT_RESOURCE_HEADS,
    KNOWN_HEADS,
    AttributeReader,
    Pair,
    read_some,
)
from telemetry.volume.bodies import Encoding, is_refused
from telemetry.volume.normalise import normalise
from telemetry.volume.protobuf import parse_traces
from telemetry.volume.slots import EMPTY_ROW, IDS_AND_TIMES, WHERE_FROM, Row


@dataclass(slots=True)
class Rows:
    """Spans read so far, one row each; `SOURCE` of a row is the number that was given with its body.

    `refused` spans had no usable id or too many attributes, `foreign` ones declare no step of ours, `misplaced` ones
    name another repository than the one they were sent for.
    """

    rows: list[Row] = field(default_factory=list)
    refused: int = 0
    foreign: int = 0
    misplaced: int = 0


class _Origin(NamedTuple):
    """What a body's rows have in common: its number, whose repository it may speak of, who vouched for it."""

    source: int
    tenant: str
    sender: str


class RowReader:
    """Reads bodies, and remembers what attributes mean from one to the next."""

    def __init__(self) -> None:
        self._attributes = AttributeReader()
        self._pairs: dict[bytes, Pair | None] = {}

    def read(
        self,
        body: bytes,
        encoding: Encoding,
        into: Rows,
        *,
        source: int,
        tenant: str,
        sender: str = "",
    ) -> None:
        """Add the spans of a body to `into`; raises `OtlpError` for a body that can't be read at all.

        Spans of a resource that names another repository than `tenant` are counted and left out; `sender` is who
        vouched for the body, as a token does.
        """
        origin = _Origin(source, tenant, sender)
        if encoding is Encoding.JSON:
            _read_json(body, into, origin)
            return
        for group in parse_traces(body).resource_spans:
            resource = _read_resource(group.resource)
            if _is_misplaced(resource, tenant):
                into.misplaced += sum(len(scope.spans) for scope in group.scope_spans)
                continue
            for scope in group.scope_spans:
                self._read_spans(scope.spans, resource, into, origin)

    def _read_spans(self, spans: Any, resource: Attributes, into: Rows, origin: _Origin) -> None:
        recall, learn = self._attributes.known.get, self._attributes.learn
        keep = into.rows.append
        source, tenant, sender = origin
        instance = read_source(resource)
        for span in spans:
            trace_id, span_id, given = span.trace_id, span.span_id, span.attributes
            if is_refused(trace_id, span_id, given):
                into.refused += 1
                continue
            row = [*EMPTY_ROW]
            for raw in given:
                slot, value = recall(raw) or learn(raw)
                row[slot] = value
            if not row[slots.ROLE]:
                meant = normalise(_to_span(span, resource, self._pairs))
                if meant is None:
                    into.foreign += 1
                    continue
                row = meant
            if tenant and row[slots.REPOSITORY] not in ("", tenant):
                into.misplaced += 1
                continue
            parent_id, start_ns, end_ns = span.parent_span_id, span.start_ns, span.end_ns
            row[IDS_AND_TIMES] = trace_id, span_id, parent_id, start_ns, end_ns
            row[WHERE_FROM] = instance, source, sender
            keep(row)


def _is_misplaced(resource: Attributes, tenant: str) -> bool:
    named = resource.get(REPOSITORY)
    return bool(tenant) and bool(named) and named != tenant


def _read_json(body: bytes, into: Rows, origin: _Origin) -> None:
    source, tenant, sender = origin
    spans, reasons = decode_traces(body)
    into.refused += len(reasons)
    for span in spans:
        if _is_misplaced(span.resource, tenant):
            into.misplaced += 1
            continue
        row = normalise(span)
        if row is None:
            into.foreign += 1
            continue
        if tenant and row[slots.REPOSITORY] not in ("", tenant):
            into.misplaced += 1
            continue
        ids = map(bytes.fromhex, (span.trace_id, span.span_id, span.parent_span_id))
        row[IDS_AND_TIMES] = (*ids, span.start_ns, span.end_ns)
        row[WHERE_FROM] = (read_source(span.resource), source, sender)
        into.rows.append(row)


def _read_resource(resource: Any) -> Attributes:
    return read_some(resource.attributes, KEPT_RESOURCE_HEADS, {}) or NO_ATTRIBUTES


def _to_span(span: Any, resource: Attributes, known: dict[bytes, Pair | None]) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        name=span.name.decode(errors="replace"),
        kind=_KINDS.get(span.kind, SpanKind.UNSPECIFIED),
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status=_STATUSES.get(span.status.code, SpanStatus.UNSET),
        attributes=read_some(span.attributes, KNOWN_HEADS, known),
        resource=resource,
    )


_KINDS: Final = {kind.value: kind for kind in SpanKind}
_STATUSES: Final = {status.value: status for status in SpanStatus}
