"""Bodies of OTLP requests: how they are written, and how much of one can be taken, before an attribute is read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from telemetry.errors import OtlpError
from telemetry.otlp import decode_traces
from telemetry.volume.protobuf import parse_traces
from telemetry.wire import MAX_ATTRIBUTES, MAX_SPANS_PER_LINE

OWN_SCOPE: Final = b"flujo"
"""The instrumentation scope of our own engine, which writes no text."""

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_NO_TRACE: Final = bytes(_TRACE_ID_BYTES)
_NO_SPAN: Final = bytes(_SPAN_ID_BYTES)


class Encoding(StrEnum):
    """How a body is written."""

    PROTOBUF = "protobuf"
    JSON = "json"


@dataclass(slots=True)
class Checked:
    """How many spans of a body can be taken, how many can't, and why the first of those can't.

    `has_others` says whether some are of another emitter, which may have written text into them (`telemetry.text`).
    """

    accepted: int = 0
    refused: int = 0
    reason: str = ""
    has_others: bool = False


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
