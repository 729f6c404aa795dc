"""OTLP/protobuf: the messages of the wire, seen only as far as we read them.

Source: https://github.com/open-telemetry/opentelemetry-proto (`trace.proto`, `trace_service.proto`). The descriptors
are ours and partial: an attribute stays the bytes it is, so that whoever reads spans can remember what bytes mean
instead of taking them apart again (equal attributes have equal bytes in practice). Lists and maps inside a value stay
bytes too, so no nesting is followed unasked. `Texts` are the same bodies, seen by whoever looks for what was written.
"""

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from telemetry.errors import OtlpError

_Field = descriptor_pb2.FieldDescriptorProto
_BYTES, _FIXED64, _INT32, _INT64 = (
    _Field.TYPE_BYTES,
    _Field.TYPE_FIXED64,
    _Field.TYPE_INT32,
    _Field.TYPE_INT64,
)
_MANY: Final = "*"

_MESSAGES: Final[dict[str, tuple[tuple[str, int, int | str], ...]]] = {
    "Traces": (("*resource_spans", 1, "ResourceSpans"),),
    "ResourceSpans": (("resource", 1, "Resource"), ("*scope_spans", 2, "ScopeSpans")),
    "Resource": (("*attributes", 1, _BYTES),),
    "ScopeSpans": (("scope", 1, "Scope"), ("*spans", 2, "Span")),
    "Scope": (("name", 1, _BYTES),),
    "Span": (
        ("trace_id", 1, _BYTES),
        ("span_id", 2, _BYTES),
        ("parent_span_id", 4, _BYTES),
        ("name", 5, _BYTES),
        ("kind", 6, _INT32),
        ("start_ns", 7, _FIXED64),
        ("end_ns", 8, _FIXED64),
        ("*attributes", 9, _BYTES),
        ("status", 15, "Status"),
    ),
    "Status": (("code", 3, _INT32),),
    "KeyValue": (("key", 1, _BYTES), ("value", 2, "AnyValue")),
    "AnyValue": (
        ("string_value", 1, _BYTES),
        ("bool_value", 2, _Field.TYPE_BOOL),
        ("int_value", 3, _INT64),
        ("double_value", 4, _Field.TYPE_DOUBLE),
        ("array_value", 5, _BYTES),
        ("kvlist_value", 6, _BYTES),
        ("bytes_value", 7, _BYTES),
    ),
    "ArrayValue": (("*values", 1, "AnyValue"),),
    "KeyValueList": (("*values", 1, "KeyValue"),),
    "Texts": (("*resource_spans", 1, "TextGroup"),),
    "TextGroup": (("resource", 1, "Resource"), ("*scope_spans", 2, "TextScope")),
    "TextScope": (("*spans", 2, "TextSpan"),),
    "TextSpan": (
        ("trace_id", 1, _BYTES),
        ("span_id", 2, _BYTES),
        ("*attributes", 9, _BYTES),
        ("*events", 11, "TextEvent"),
        ("status", 15, "TextStatus"),
    ),
    "TextEvent": (("name", 2, _BYTES), ("*attributes", 3, _BYTES)),
    "TextStatus": (("message", 2, _BYTES),),
    "ExportTraceServiceResponse": (("partial_success", 1, "PartialSuccess"),),
    "PartialSuccess": (("rejected_spans", 1, _INT64), ("error_message", 2, _Field.TYPE_STRING)),
    "RpcStatus": (("code", 1, _INT32), ("message", 2, _Field.TYPE_STRING)),
}
_NESTED: Final = {"array_value": "ArrayValue", "kvlist_value": "KeyValueList"}
MAX_DEPTH: Final = 16
"""How deep lists and maps are followed inside a value."""

_ONE_OF: Final = {"AnyValue": "value"}


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="flujo/otlp.proto", package="flujo.otlp", syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name in _ONE_OF:
            message.oneof_decl.add(name=_ONE_OF[name])
        for field_name, number, kind in fields:
            repeated = field_name.startswith(_MANY)
            field = message.field.add(
                name=field_name.removeprefix(_MANY),
                number=number,
                label=_Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL,
            )
            if isinstance(kind, str):
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".flujo.otlp.{kind}"
            else:
                field.type = kind
            if name in _ONE_OF:
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"flujo.otlp.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _build()
_Traces = _CLASSES["Traces"]
KeyValue = _CLASSES["KeyValue"]


def parse_traces(body: bytes) -> Any:
    """Return the `TracesData` of a body (`ExportTraceServiceRequest` is the same on the wire); raises `OtlpError`."""
    try:
        return _Traces.FromString(body)
    except DecodeError as error:
        raise OtlpError("not an OTLP trace request in protobuf") from error


def parse_texts(body: bytes) -> Any:
    """Return a body with the events and messages of its spans; raises `OtlpError`."""
    try:
        return _CLASSES["Texts"].FromString(body)
    except DecodeError as error:
        raise OtlpError("not an OTLP trace request in protobuf") from error


def read_pair(raw: bytes) -> tuple[str, object]:
    """Return the key and the value of an attribute as plain data; ("", None) for one that can't be read."""
    try:
        pair = KeyValue.FromString(raw)
    except DecodeError:
        return "", None
    return pair.key.decode(errors="replace"), _read_any(pair.value, depth=0)


def _read_any(value: Any, *, depth: int) -> object:
    kind = value.WhichOneof("value")
    held: Any = getattr(value, kind) if kind else None
    if kind == "string_value":
        return held.decode(errors="replace")
    if kind not in _NESTED:
        return None if kind == "bytes_value" else held
    if depth >= MAX_DEPTH:
        return None
    try:
        values = _CLASSES[_NESTED[kind]].FromString(held).values
    except DecodeError:
        return None
    if kind == "array_value":
        return [_read_any(each, depth=depth + 1) for each in values]
    return {
        each.key.decode(errors="replace"): _read_any(each.value, depth=depth + 1) for each in values
    }


def encode_response(rejected_spans: int, message: str) -> bytes:
    """Return an `ExportTraceServiceResponse`; no rejected spans and no message is a full success, no bytes at all."""
    response = _CLASSES["ExportTraceServiceResponse"]()
    if rejected_spans or message:
        response.partial_success.rejected_spans = rejected_spans
        response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def encode_status(code: int, message: str) -> bytes:
    """Return a `google.rpc.Status`, the body of every answer that isn't 200."""
    encoded: bytes = _CLASSES["RpcStatus"](code=code, message=message).SerializeToString()
    return encoded
