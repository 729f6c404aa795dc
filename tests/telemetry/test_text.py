"""What people and models wrote is taken out of bodies, and nothing that counts is."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from telemetry import AttributeValue, OtlpError, SpanRole, attributes, encode_traces
from telemetry.volume import Encoding, RowReader, Rows, check_body, drop_text
from tests.telemetry.builders import make_run_spans, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

RECORDED = sorted((Path(__file__).parent / "emitters").glob("*.otlp"))
PRIVATE = (b"ada@example.com", b"It was sent on Monday", b"Where is my order", b"no such model")
SECRET = "Where is my order?"


def read(body: bytes, encoding: Encoding) -> Rows:
    into = Rows()
    RowReader().read(body, encoding, into, source=0, tenant="")
    return into


def make_json(span: dict[str, object], **scope: object) -> bytes:
    return orjson.dumps({"resourceSpans": [{"scopeSpans": [{**scope, "spans": [span]}]}]})


GOOD: dict[str, object] = {
    "traceId": "01" * 16,
    "spanId": "02" * 8,
    "startTimeUnixNano": "1",
    "endTimeUnixNano": "2",
    "attributes": [{"key": "other.count", "value": {"intValue": "3"}}],
}


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_recorded_bodies_lose_their_text_and_nothing_else(path: Path) -> None:
    body = path.read_bytes()
    kept = drop_text(body, Encoding.PROTOBUF)
    assert any(text in body for text in PRIVATE)
    assert not any(text in kept for text in PRIVATE)
    assert repr(read(kept, Encoding.PROTOBUF).rows) == repr(read(body, Encoding.PROTOBUF).rows)
    assert drop_text(kept, Encoding.PROTOBUF) == kept
    assert check_body(body, Encoding.PROTOBUF).has_others


def test_spans_of_our_engine_stay_as_they_are() -> None:
    body = encode_traces(make_run_spans(1), resource={"service.name": "flujo"})
    kept = drop_text(body, Encoding.JSON)
    assert kept == body
    message = TracesData.FromString(encode_protobuf(make_run_spans(1)))
    message.resource_spans[0].scope_spans[0].scope.name = "flujo"
    ours = message.SerializeToString()
    assert not check_body(ours, Encoding.PROTOBUF).has_others
    assert drop_text(ours, Encoding.PROTOBUF) == ours


@pytest.mark.parametrize(
    ("more", "scope"),
    [
        ({"events": [{"name": SECRET}]}, {}),
        ({"links": [{"attributes": [{"key": "a", "value": {"stringValue": SECRET}}]}]}, {}),
        ({"status": {"code": 2, "message": SECRET}}, {}),
        ({"traceState": SECRET}, {}),
        ({"attributes": [{"key": "gen_ai.prompt", "value": {"stringValue": SECRET}}]}, {}),
        ({"attributes": [{"key": "a", "value": {"arrayValue": {"values": [SECRET]}}}]}, {}),
        ({"attributes": [{"key": "a", "value": {"intValue": "1", "stringValue": SECRET}}]}, {}),
        ({"attributes": [{"key": "a"}, {"key": "b", "value": {"stringValue": SECRET}}]}, {}),
        ({"attributes": [SECRET]}, {}),
        ({"attributes": SECRET}, {}),
        ({}, {"scope": {"name": SECRET, "attributes": [SECRET]}}),
        ({}, {"scope": SECRET}),
    ],
)
def test_no_place_in_json_keeps_text(more: dict[str, object], scope: dict[str, object]) -> None:
    body = make_json({**GOOD, **more}, **scope)
    assert SECRET.encode() in body
    assert SECRET.encode() not in drop_text(body, Encoding.JSON)


def test_numbers_that_nobody_knows_stay() -> None:
    assert b"other.count" in drop_text(make_json(GOOD), Encoding.JSON)
    span = make_span(1, more={"other.count": 3, "other.text": SECRET})
    kept = drop_text(encode_protobuf([span]), Encoding.PROTOBUF)
    assert b"other.count" in kept
    assert b"other.text" not in kept


def test_what_is_refused_stays_refused() -> None:
    many: dict[str, AttributeValue] = {f"a{number}": SECRET for number in range(600)}
    spans = [make_span(1, role=SpanRole.STEP, more=many), make_span(2, role=SpanRole.STEP)]
    body = encode_protobuf(spans)
    before = check_body(body, Encoding.PROTOBUF)
    after = check_body(drop_text(body, Encoding.PROTOBUF), Encoding.PROTOBUF)
    assert (before.accepted, before.refused) == (after.accepted, after.refused) == (1, 1)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"nonsense", b'{"resourceSpans": 7}'])
def test_what_is_no_trace_data_is_left_to_the_reader(body: bytes) -> None:
    assert drop_text(body, Encoding.JSON) == body


def test_protobuf_that_cannot_be_read_says_so() -> None:
    with pytest.raises(OtlpError):
        drop_text(b"\xff\xff", Encoding.PROTOBUF)


_TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
_VALUES = _TEXTS | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False)


@settings(deadline=None, max_examples=60)
@given(more=st.dictionaries(_TEXTS | st.just(attributes.STEP_ID), _VALUES, max_size=6))
def test_what_counts_is_the_same_before_and_after(more: dict[str, AttributeValue]) -> None:
    spans = [make_span(1, role=SpanRole.ATTEMPT, step_id="draft", more=more)]
    for encoding, body in (
        (Encoding.PROTOBUF, encode_protobuf(spans)),
        (
            Encoding.JSON,
            encode_traces(spans, resource={}).replace(b'"name":"flujo"', b'"name":"x"'),
        ),
    ):
        assert repr(read(drop_text(body, encoding), encoding)) == repr(read(body, encoding))
