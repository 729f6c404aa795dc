"""OTLP/JSON lines: what is written is read back, and what isn't OTLP is refused with its line and reason."""

import math
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import (
    AttributeValue,
    OtlpError,
    Span,
    SpanEvent,
    SpanKind,
    SpanStatus,
    decode_line,
    decode_lines,
    encode_traces,
)
from tests.telemetry.builders import make_run_spans, make_span

_TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
_VALUES = st.one_of(
    _TEXT,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
)
_ATTRIBUTES = st.dictionaries(_TEXT, _VALUES, max_size=8)
_TIMES = st.integers(0, 2**64 - 1)
_EVENTS = st.builds(SpanEvent, _TEXT, _TIMES, _ATTRIBUTES)
_SPANS = st.builds(
    Span,
    trace_id=st.integers(1, 2**128 - 1).map("{:032x}".format),
    span_id=st.integers(1, 2**64 - 1).map("{:016x}".format),
    parent_span_id=st.just("") | st.integers(1, 2**64 - 1).map("{:016x}".format),
    name=_TEXT,
    kind=st.sampled_from(SpanKind),
    start_ns=_TIMES,
    end_ns=_TIMES,
    status=st.sampled_from(SpanStatus),
    attributes=_ATTRIBUTES,
    events=st.lists(_EVENTS, max_size=3).map(tuple),
    resource=st.just({}),
)


@given(st.lists(_SPANS, max_size=5))
@settings(deadline=None, max_examples=60)
def test_spans_survive_being_written_and_read(spans: list[Span]) -> None:
    line = encode_traces(spans, resource={})
    assert decode_line(line) == spans
    assert line.count(b"\n") == 1


def test_types_survive_being_written_and_read() -> None:
    values: dict[str, AttributeValue] = {
        "int": 1,
        "float": 1.0,
        "bool": True,
        "text": "1",
        "null": None,
    }
    [span] = decode_line(encode_traces([make_span(1, more=values)], resource={}))
    assert [type(value) for value in span.attributes.values()] == [
        int,
        float,
        bool,
        str,
        type(None),
    ]


def test_not_a_number_is_written_as_protobuf_writes_it() -> None:
    line = encode_traces([make_span(1, more={"x": math.nan, "y": -math.inf})], resource={})
    assert b'"doubleValue":"NaN"' in line
    [span] = decode_line(line)
    assert math.isnan(float(str(span.attributes["x"])))
    assert span.attributes["y"] == -math.inf


def test_only_the_agreed_resource_attributes_are_kept() -> None:
    resource = {"service.name": "triage", "flujo.repository": "acme/flows", "host.name": "secret"}
    [span] = decode_line(encode_traces([make_span(1)], resource=resource))
    assert span.resource == {"service.name": "triage", "flujo.repository": "acme/flows"}


def test_a_file_is_read_line_by_line_and_blank_lines_are_skipped() -> None:
    line = encode_traces(make_run_spans(), resource={})
    assert len(list(decode_lines([line, b"\n", line]))) == 12


def test_the_collectors_own_spelling_is_understood() -> None:
    line = orjson.dumps(
        _traces(
            traceId="5B8EFFF798038103D269B633813FC60C",
            kind="SPAN_KIND_SERVER",
            startTimeUnixNano=1544712660000000000,
            status={"code": "STATUS_CODE_ERROR", "message": "never kept"},
            parentSpanId="",
            droppedAttributesCount=1,
            attributes=[
                {"key": "n", "value": {"intValue": 7}},
                {"key": "d", "value": {"doubleValue": 2}},
                {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
                {"key": "empty"},
                {"key": "nothing", "value": {}},
                {"key": "later", "value": {"stringValue": "a", "fieldOfTomorrow": 1}},
            ],
        )
    )
    [span] = decode_line(line)
    assert span.trace_id == "5b8efff798038103d269b633813fc60c"
    assert (span.kind, span.status) == (SpanKind.SERVER, SpanStatus.ERROR)
    assert span.attributes == {
        "n": 7,
        "d": 2.0,
        "empty": None,
        "nothing": None,
        "later": "a",
    }


def _traces(**fields: Any) -> dict[str, Any]:
    span = {
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "1",
        "name": "x",
        "startTimeUnixNano": "1",
        "endTimeUnixNano": "2",
        **fields,
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def _with(value: object) -> dict[str, Any]:
    return _traces(attributes=[{"key": "k", "value": value}])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "'the line' must be an object"),
        ({"resourceSpans": {}}, "'resourceSpans' must be a list"),
        ({"resourceSpans": [1]}, "'resourceSpans[]' must be an object"),
        (_traces(traceId="zz"), "'traceId' must be 32 hex digits"),
        (_traces(traceId="0" * 32), "not all zero"),
        (_traces(traceId="g" * 32), "'traceId' must be 32 hex digits"),
        (_traces(spanId=1), "'spanId' must be 16 hex digits"),
        (_traces(spanId="0x00000000000001"), "'spanId' must be 16 hex digits"),
        (_traces(parentSpanId="12"), "'parentSpanId' must be 16 hex digits"),
        (_traces(name=1), "'name' must be a string"),
        (_traces(kind=9), "'kind' '9' is unknown"),
        (_traces(kind=True), "'kind' 'True' is unknown"),
        (_traces(kind="SERVER"), "'kind' 'SERVER' is unknown"),
        (_traces(status=[]), "'status' must be an object"),
        (_traces(startTimeUnixNano="-1"), "doesn't fit an unsigned 64-bit integer"),
        (_traces(startTimeUnixNano="1_0"), "'startTimeUnixNano' must be an integer"),
        (_traces(startTimeUnixNano="١"), "'startTimeUnixNano' must be an integer"),
        (_traces(startTimeUnixNano=1.5), "'startTimeUnixNano' must be an integer"),
        (_traces(endTimeUnixNano=None), "'endTimeUnixNano' must be an integer"),
        (_traces(attributes={}), "'attributes' must be a list"),
        (_traces(attributes=[1]), "'attributes[]' must be an object"),
        (_traces(attributes=[{"key": 1}]), "'attributes[].key' must be a string"),
        (_traces(attributes=[{"key": "k"}, {"key": "k"}]), "given twice"),
        (_traces(attributes=[{"key": str(i)} for i in range(513)]), "at most 512"),
        (_with([]), "'k' must be an object"),
        (_with({"stringValue": 1}), "'k' must be a string"),
        (_with({"stringValue": "x" * 65_537}), "longer than 65536 characters"),
        (_with({"intValue": "9223372036854775808"}), "doesn't fit a 64-bit integer"),
        (_with({"intValue": True}), "'k' must be an integer"),
        (_with({"doubleValue": "1.5"}), "'k' must be a number"),
        (_with({"boolValue": 1}), "'k' must be true or false"),
        (_with({"boolValue": True, "intValue": 1}), "'k' has several values"),
        (_traces(events=[1]), "'events[]' must be an object"),
    ],
)
def test_what_isnt_otlp_is_refused_with_its_line_and_reason(data: object, reason: str) -> None:
    with pytest.raises(OtlpError) as refused:
        decode_line(orjson.dumps(data), line_number=7)
    assert refused.value.line == 7
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"\xff",
        b"nul",
        b'{"a":NaN}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b" " * (32 * 1024 * 1024 + 1),
    ],
)
def test_what_isnt_json_or_is_too_much_is_refused(line: bytes) -> None:
    with pytest.raises(OtlpError):
        decode_line(line)


def test_a_long_hostile_key_is_told_shortened() -> None:
    line = orjson.dumps(_traces(attributes=[{"key": "k" * 10_000, "value": {"boolValue": 0}}]))
    with pytest.raises(OtlpError) as refused:
        decode_line(line)
    assert len(refused.value.reason) < 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: make_span(1, more={"x": 2**63}),
        lambda: make_span(1, more={"x": "\ud800"}),
    ],
)
def test_what_otlp_cant_carry_is_not_written(spoil: Callable[[], Span]) -> None:
    with pytest.raises(OtlpError):
        encode_traces([spoil()], resource={})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(
        ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "status", "attributes", "events"]
    ),
    _JSON,
)
@settings(deadline=None, max_examples=100)
def test_any_json_in_any_field_is_read_or_refused_but_never_crashes(key: str, value: Any) -> None:
    try:
        spans = decode_line(orjson.dumps(_traces(**{key: value})))
    except OtlpError:
        return
    assert len(spans) == 1
