"""Bodies of OTLP requests → rows of slots: protobuf without an object a span, JSON through the strict reader."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from telemetry.attributes import REPOSITORY
from telemetry.errors import OtlpError
from telemetry.otlp import KEPT_RESOURCE, decode_traces
from telemetry.spans import (
    NO_ATTRIBUTES,
    Attributes,
    AttributeValue,
    Span,
    SpanKind,
    SpanStatus,
    read_source,
)
from telemetry.volume import slots
from telemetry.volume.normalise import KNOWN_NAMES, normalise
from telemetry.volume.protobuf import KeyValue, parse_traces
from telemetry.volume.slots import EMPTY_ROW, IGNORED, Known, Row, read_slot
from telemetry.wire import MAX_ATTRIBUTES, MAX_SPANS_PER_LINE, MAX_TEXT_CHARS

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_NO_TRACE: Final = bytes(_TRACE_ID_BYTES)
_NO_SPAN: Final = bytes(_SPAN_ID_BYTES)
_MAX_REMEMBERED: Final = 65_536
_MAX_FOREIGN: Final = 4_096
_MAX_REMEMBERED_BYTES: Final = 256

_Pair = tuple[str, AttributeValue]


class Encoding(StrEnum):
    """How a body is written."""

    PROTOBUF = "protobuf"
    JSON = "json"


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


@dataclass(slots=True)
class Checked:
    """How many spans of a body can be taken, how many can't, and why the first of those can't.

    `has_others` says whether some are of another emitter, which may have written text into them (`telemetry.text`).
    """

    accepted: int = 0
    refused: int = 0
    reason: str = ""
    has_others: bool = False


class RowReader:
    """Reads bodies, and remembers what attributes mean from one to the next."""

    def __init__(self) -> None:
        self._known: dict[bytes, Known] = {}
        self._pairs: dict[bytes, _Pair | None] = {}
        self._known_foreign = 0

    def read(
        self, body: bytes, encoding: Encoding, into: Rows, *, source: int, tenant: str
    ) -> None:
        """Add the spans of a body to `into`; raises `OtlpError` for a body that can't be read at all.

        Spans of a resource that names another repository than `tenant` are counted and left out.
        """
        if encoding is Encoding.JSON:
            _read_json(body, into, source, tenant)
            return
        for group in parse_traces(body).resource_spans:
            resource = _read_resource(group.resource)
            if _is_misplaced(resource, tenant):
                into.misplaced += sum(len(scope.spans) for scope in group.scope_spans)
                continue
            for scope in group.scope_spans:
                self._read_spans(scope.spans, resource, into, source, tenant)

    def _read_spans(
        self, spans: Any, resource: Attributes, into: Rows, source: int, tenant: str
    ) -> None:
        recall, learn, keep = self._known.get, self._learn, into.rows.append
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
            row[slots.TRACE_ID] = trace_id
            row[slots.SPAN_ID] = span_id
            row[slots.PARENT_ID] = span.parent_span_id
            row[slots.START_NS] = span.start_ns
            row[slots.END_NS] = span.end_ns
            row[slots.INSTANCE], row[slots.SOURCE] = instance, source
            keep(row)

    def _learn(self, raw: bytes) -> Known:
        if _is_foreign(raw):
            # What isn't of the contract may be different in every span: only the first ones are remembered.
            if self._known_foreign < _MAX_FOREIGN and len(raw) <= _MAX_REMEMBERED_BYTES:
                self._known_foreign += 1
                self._known[raw] = _NOTHING
            return _NOTHING
        known = _read_attribute(raw)
        if len(raw) <= _MAX_REMEMBERED_BYTES:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
                self._known_foreign = 0
            self._known[raw] = known
        return known


def check_body(body: bytes, encoding: Encoding) -> Checked:
    """Say what of a body can be taken, without reading attributes; raises `OtlpError` as reading does."""
    if encoding is Encoding.JSON:
        spans, reasons = decode_traces(body)
        return Checked(len(spans), len(reasons), reasons[0] if reasons else "")
    found = Checked()
    for group in parse_traces(body).resource_spans:
        for scope in group.scope_spans:
            found.has_others |= scope.scope.name != OWN_SCOPE
            refused = sum(
                is_refused(span.trace_id, span.span_id, span.attributes) for span in scope.spans
            )
            found.refused += refused
            found.accepted += len(scope.spans) - refused
    if found.accepted + found.refused > MAX_SPANS_PER_LINE:
        raise OtlpError(f"more than {MAX_SPANS_PER_LINE} spans in a request")
    if found.refused:
        found.reason = "ids of a wrong length, or too many attributes"
    return found


def is_refused(trace_id: bytes, span_id: bytes, given: Any) -> bool:
    """Whether a span can't be taken at all."""
    return (
        len(trace_id) != _TRACE_ID_BYTES
        or len(span_id) != _SPAN_ID_BYTES
        or trace_id == _NO_TRACE
        or span_id == _NO_SPAN
        or len(given) > MAX_ATTRIBUTES
    )


def _is_misplaced(resource: Attributes, tenant: str) -> bool:
    named = resource.get(REPOSITORY)
    return bool(tenant) and bool(named) and named != tenant


def _read_json(body: bytes, into: Rows, source: int, tenant: str) -> None:
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
        row[slots.TRACE_ID] = bytes.fromhex(span.trace_id)
        row[slots.SPAN_ID] = bytes.fromhex(span.span_id)
        row[slots.PARENT_ID] = bytes.fromhex(span.parent_span_id)
        row[slots.START_NS], row[slots.END_NS] = span.start_ns, span.end_ns
        row[slots.INSTANCE], row[slots.SOURCE] = read_source(span.resource), source
        into.rows.append(row)


def _is_foreign(raw: bytes) -> bool:
    """Whether an attribute begins with a key that isn't of the contract; a long key is left to protobuf."""
    head = raw[:2]
    return (
        len(head) == 2
        and head[0] == _KEY[0]
        and head[1] < _SHORT
        and raw[: 2 + head[1]] not in _BY_HEAD
    )


def _read_attribute(raw: bytes) -> Known:
    """Read what isn't remembered: a short text at once, by its bytes, anything else of the contract by protobuf."""
    if raw[:1] != _KEY or not 1 < len(raw) < _SHORT:
        return _read_slowly(raw)
    end = 2 + raw[1]
    slot = _BY_HEAD.get(raw[:end])
    size = len(raw) - end - 4
    if slot and size >= 0 and raw[end : end + 4] == bytes((_VALUE, size + 2, _TEXT, size)):
        text = raw[end + 4 :]
        if text.isascii():
            return slot, text.decode()
    return _read_slowly(raw)


def _read_slowly(raw: bytes) -> Known:
    try:
        pair = KeyValue.FromString(raw)
        key = pair.key.decode()
    except Exception:  # protobuf's and the decoder's errors: whatever breaks the bytes
        return slots.BAD, 1
    if key not in slots.CONTRACT:
        return IGNORED, None
    try:
        return read_slot(key, _read_value(pair.value))
    except (UnicodeDecodeError, OtlpError):
        return slots.BAD, 1


def _read_value(value: Any) -> AttributeValue:
    match value.WhichOneof("value"):
        case "string_value":
            text: str = value.string_value.decode()
            if len(text) > MAX_TEXT_CHARS:
                raise OtlpError("a text is too long")
            return text
        case "bool_value":
            return bool(value.bool_value)
        case "int_value":
            return int(value.int_value)
        case "double_value":
            return float(value.double_value)
        case _:
            return None


def _read_resource(resource: Any) -> Attributes:
    return _read_some(resource.attributes, KEPT_RESOURCE_HEADS, {}) or NO_ATTRIBUTES


def _read_some(
    given: Any, wanted: frozenset[bytes], known: dict[bytes, _Pair | None]
) -> dict[str, AttributeValue]:
    """Read the attributes of some names; prompts and answers among the others are never looked at."""
    pairs: dict[str, AttributeValue] = {}
    for raw in given:
        if raw in known:
            pair = known[raw]
        else:
            pair = _read_pair(raw) if _begins(raw, wanted) else None
            if len(raw) <= _MAX_REMEMBERED_BYTES:
                if len(known) >= _MAX_REMEMBERED:
                    known.clear()
                known[raw] = pair
        if pair is not None:
            pairs[pair[0]] = pair[1]
    return pairs


def _begins(raw: bytes, wanted: frozenset[bytes]) -> bool:
    return len(raw) > 1 and raw[:1] == _KEY and raw[: 2 + raw[1]] in wanted


def _read_pair(raw: bytes) -> _Pair | None:
    try:
        pair = KeyValue.FromString(raw)
        return pair.key.decode(), _read_value(pair.value)
    except (
        Exception
    ):  # protobuf's and the decoder's errors: an attribute nobody can read says nothing
        return None


def _to_span(span: Any, resource: Attributes, known: dict[bytes, _Pair | None]) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        name=span.name.decode(errors="replace"),
        kind=_KINDS.get(span.kind, SpanKind.UNSPECIFIED),
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status=_STATUSES.get(span.status.code, SpanStatus.UNSET),
        attributes=_read_some(span.attributes, KNOWN_HEADS, known),
        resource=resource,
    )


_KEY: Final = b"\x0a"
_VALUE: Final = 0x12
_TEXT: Final = 0x0A
_SHORT: Final = 128
"""Below it every length is one byte, and no text is longer than a name may be."""


def _head(key: str) -> bytes:
    return _KEY + bytes((len(key),)) + key.encode()


OWN_SCOPE: Final = b"flujo"
KEPT_RESOURCE_HEADS: Final = frozenset(map(_head, KEPT_RESOURCE))
KNOWN_HEADS: Final = frozenset(map(_head, KNOWN_NAMES | slots.CONTRACT))
"""How attributes begin that are looked at, of a resource and of a span."""

_BY_HEAD: Final = {_head(key): slots.TEXT_SLOTS.get(key, 0) for key in slots.CONTRACT}
"""The bytes of a key with what stands before it → the slot of a text, 0 for what has to be looked at."""

_NOTHING: Final[Known] = (IGNORED, None)
_KINDS: Final = {kind.value: kind for kind in SpanKind}
_STATUSES: Final = {status.value: status for status in SpanStatus}
