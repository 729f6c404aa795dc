"""What people and models wrote is found wherever an emitter may put it, in both encodings alike."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Status, TracesData

from telemetry import AttributeValue, attributes, encode_traces
from telemetry.volume import Encoding, drop_text, find_texts
from telemetry.volume.free_text import MAX_CHARS, MAX_TEXTS
from tests.telemetry.builders import make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

RECORDED = sorted((Path(__file__).parent / "emitters").glob("*.otlp"))
STEP: dict[str, AttributeValue] = {attributes.STEP_ID: "draft"}


def make_body(**more: AttributeValue) -> bytes:
    return encode_protobuf([make_span(1, more={**STEP, **more})])


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_what_a_body_loses_is_what_is_found(path: Path) -> None:
    body = path.read_bytes()
    found = find_texts(body, Encoding.PROTOBUF)
    assert any("ada@example.com" in each.text for each in found)
    assert {each.step_id for each in found} == {"answer"}
    assert find_texts(drop_text(body, Encoding.PROTOBUF), Encoding.PROTOBUF) == []


def test_events_and_the_message_of_the_status_are_text_too() -> None:
    data = TracesData.FromString(make_body(prompt="Why?"))
    span = data.resource_spans[0].scope_spans[0].spans[0]
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="no such model"))
    event = span.events.add(name="exception")
    event.attributes.add(key="exception.message", value=AnyValue(string_value="it broke"))
    texts = find_texts(data.SerializeToString(), Encoding.PROTOBUF)
    assert [(each.step_id, each.name, each.text) for each in texts] == [
        ("draft", "prompt", "Why?"),
        ("draft", "exception/exception.message", "it broke"),
        ("draft", "status", "no such model"),
    ]


def test_lists_and_maps_are_told_as_json() -> None:
    data = TracesData.FromString(make_body())
    span = data.resource_spans[0].scope_spans[0].spans[0]
    parts = ArrayValue(values=[AnyValue(string_value="Hi"), AnyValue(int_value=3)])
    nested = KeyValueList(values=[KeyValue(key="parts", value=AnyValue(array_value=parts))])
    span.attributes.add(key="messages", value=AnyValue(kvlist_value=nested))
    (text,) = find_texts(data.SerializeToString(), Encoding.PROTOBUF)
    assert orjson.loads(text.text) == {"parts": ["Hi", 3]}


def test_json_says_the_same() -> None:
    value = {"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "Hi"}}]}}
    span = {
        "traceId": "01" * 16,
        "spanId": "02" * 8,
        "attributes": [{"key": "messages", "value": value}],
        "events": [{"name": "e", "attributes": [{"key": "k", "value": {"stringValue": "x"}}]}],
        "status": {"message": "no"},
    }
    named = [{"key": attributes.STEP_ID, "value": {"stringValue": "draft"}}]
    group = {"resource": {"attributes": named}, "scopeSpans": [{"spans": [span]}]}
    found = find_texts(orjson.dumps({"resourceSpans": [group]}), Encoding.JSON)
    assert [(each.step_id, each.name, each.text) for each in found] == [
        ("draft", "messages", '{"a":"Hi"}'),
        ("draft", "e/k", "x"),
        ("draft", "status", "no"),
    ]


def test_long_texts_are_cut_and_too_many_left_out() -> None:
    (text,) = find_texts(make_body(prompt="x" * (MAX_CHARS + 1)), Encoding.PROTOBUF)
    assert len(text.text) == MAX_CHARS
    many = [make_span(number, more={f"a{n}": "x" for n in range(500)}) for number in range(1, 43)]
    assert len(find_texts(encode_protobuf(many), Encoding.PROTOBUF)) == MAX_TEXTS


def test_a_value_nested_without_end_is_left_where_it_is_too_deep() -> None:
    value = AnyValue(string_value="deep")
    for _ in range(25):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    data = TracesData.FromString(make_body())
    span = data.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="messages", value=value)
    (text,) = find_texts(data.SerializeToString(), Encoding.PROTOBUF)
    assert "deep" not in text.text


@settings(deadline=None, max_examples=50)
@given(body=st.binary(max_size=60))
def test_nonsense_is_no_crash(body: bytes) -> None:
    find_texts(body, Encoding.JSON)
    find_texts(b'{"resourceSpans": [' + body + b"]}", Encoding.JSON)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["attributes", "key", "value", "events", "status", "values", "arrayValue"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=100)
@given(span=st.dictionaries(st.sampled_from(["attributes", "events", "status"]), _JSON))
def test_spans_of_any_shape_are_no_crash(span: dict[str, object]) -> None:
    whole = {"traceId": "01" * 16, "spanId": "02" * 8, **span}
    body = orjson.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [whole]}]}]})
    find_texts(body, Encoding.JSON)


def test_our_own_spans_hold_no_text() -> None:
    assert find_texts(encode_traces([make_span(1, more=STEP)], resource={}), Encoding.JSON) == []
