"""Bodies → rows: protobuf by remembered bytes and JSON by the strict reader must mean the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from telemetry import AttributeValue, OtlpError, Span, SpanRole, attributes, encode_traces
from telemetry.volume import (
    Encoding,
    RowReader,
    Rows,
    check_body,
    pack_rows,
    slots,
    to_span,
    unpack_rows,
)
from tests.telemetry.builders import make_run_spans, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf


def read(body: bytes, encoding: Encoding = Encoding.PROTOBUF, *, tenant: str = "") -> Rows:
    found = Rows()
    RowReader().read(body, encoding, found, source=0, tenant=tenant)
    return found


def make_attempt_span(key: str, value: AttributeValue) -> Span:
    return make_span(1, role=SpanRole.ATTEMPT, step_id="draft", more={key: value})


_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=200)
    | st.sampled_from(["ok", "error", "timeout", "step", "run", "", "0.01", "-1", "1e400", "NaN"])
)


@settings(deadline=None, max_examples=150)
@given(key=st.sampled_from(sorted(slots.CONTRACT)) | st.text(max_size=140), value=_VALUES)
def test_protobuf_and_json_are_read_alike(key: str, value: AttributeValue) -> None:
    spans = [make_span(2, role=SpanRole.STEP, step_id="draft", more={key: value})]
    if key == attributes.SPAN_ROLE and value not in slots.ROLES:
        return  # no span of ours then
    from_json = read(encode_traces(spans, resource={}), Encoding.JSON)
    from_protobuf = read(encode_protobuf(spans))
    assert repr(from_protobuf.rows) == repr(from_json.rows)  # as text, where NaN equals NaN


def test_what_is_remembered_means_the_same_the_second_time() -> None:
    body = encode_protobuf(make_run_spans(1) + make_run_spans(2))
    reader, found = RowReader(), Rows()
    for source in range(3):
        reader.read(body, Encoding.PROTOBUF, found, source=source, tenant="")
    first, second, third = (
        [row[: slots.SOURCE] for row in found.rows if row[slots.SOURCE] == source]
        for source in range(3)
    )
    assert first == second == third


def test_a_reader_that_remembers_too_much_forgets_and_goes_on() -> None:
    reader, found = RowReader(), Rows()
    for batch in range(20):
        spans = [
            make_span(
                batch * 5_000 + n + 1,
                role=SpanRole.STEP,
                step_id="draft",
                more={attributes.RUN_ID: f"run-{batch}-{n}", f"other.{batch}": n},
            )
            for n in range(4_000)
        ]
        reader.read(encode_protobuf(spans), Encoding.PROTOBUF, found, source=0, tenant="")
    assert len({row[slots.RUN_ID] for row in found.rows}) == 80_000


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (attributes.OUTCOME, "great"),
        (attributes.OUTCOME, 1),
        (attributes.ATTEMPT, -1),
        (attributes.ATTEMPT, "1"),
        (attributes.INPUT_TOKENS, 10**12),
        (attributes.COST_USD, "NaN"),
        (attributes.COST_USD, 10_001),
        (attributes.COST_USD, -0.01),
        (attributes.SCORE, float("nan")),
        (attributes.STEP_ID, "x" * 513),
        (attributes.SPEC_SHA256, 7),
    ],
)
def test_a_value_outside_the_contract_marks_the_row(key: str, value: AttributeValue) -> None:
    (row,) = read(encode_protobuf([make_attempt_span(key, value)])).rows
    assert row[slots.BAD] == 1


def test_bytes_that_are_no_attribute_mark_the_row() -> None:
    data = TracesData.FromString(encode_protobuf([make_attempt_span("x", "y")]))
    span = data.resource_spans[0].scope_spans[0].spans[0]
    broken = b"\x12\x02\x0a\x7f"  # a value that promises more than there is, and no key
    body = span.SerializeToString() + b"\x4a" + bytes((len(broken),)) + broken
    scope = b"\x12" + _varint(len(body)) + body
    group = b"\x12" + _varint(len(scope)) + scope
    (row,) = read(b"\x0a" + _varint(len(group)) + group).rows
    assert row[slots.BAD] == 1


def test_spans_of_others_are_counted_and_left_out() -> None:
    found = read(encode_protobuf([make_span(1), *make_run_spans()]))
    assert (found.foreign, len(found.rows)) == (1, 6)


def test_a_resource_that_names_another_repository_is_left_out() -> None:
    spans = make_run_spans()
    for body, encoding in (
        (encode_protobuf(spans, resource={"flujo.repository": "acme/b"}), Encoding.PROTOBUF),
        (encode_traces(spans, resource={"flujo.repository": "acme/b"}), Encoding.JSON),
    ):
        assert read(body, encoding, tenant="acme/a").misplaced == len(spans)
        assert len(read(body, encoding, tenant="acme/b").rows) == len(spans)
        assert len(read(body, encoding).rows) == len(spans)


def test_ids_of_a_wrong_length_are_refused_and_the_rest_is_taken() -> None:
    data = TracesData.FromString(encode_protobuf(make_run_spans()))
    spans = data.resource_spans[0].scope_spans[0].spans
    spans[0].trace_id = b"short"
    spans[1].span_id = bytes(8)
    body = data.SerializeToString()
    checked = check_body(body, Encoding.PROTOBUF)
    assert (checked.accepted, checked.refused) == (4, 2)
    assert (len(read(body).rows), read(body).refused) == (4, 2)


def test_ids_of_a_wrong_length_in_json_are_refused_one_by_one() -> None:
    body = encode_traces(make_run_spans(), resource={}).replace(b'"0000000000000003"', b'"03"', 1)
    checked = check_body(body, Encoding.JSON)
    assert checked.refused == 1
    assert "16 hex digits" in checked.reason


def test_a_span_with_too_many_attributes_is_refused() -> None:
    many = make_span(9, role=SpanRole.STEP, more={f"k{n}": n for n in range(600)})
    checked = check_body(encode_protobuf([many, *make_run_spans()]), Encoding.PROTOBUF)
    assert (checked.accepted, checked.refused) == (6, 1)


@settings(deadline=None, max_examples=200)
@given(cut=st.integers(0, 2_000), noise=st.binary(max_size=40))
def test_no_bytes_break_the_reader(cut: int, noise: bytes) -> None:
    body = encode_protobuf(make_run_spans())[:cut] + noise
    for encoding in Encoding:
        try:
            checked = check_body(body, encoding)
            found = read(body, encoding)
        except OtlpError:
            continue
        assert len(found.rows) + found.foreign == checked.accepted


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=12))
def test_flipped_bytes_never_break_the_reader(flips: list[tuple[int, int]]) -> None:
    body = bytearray(encode_protobuf(make_run_spans()))
    for place, value in flips:
        body[place] = value
    try:
        found = read(bytes(body))
    except OtlpError:
        return
    assert len(found.rows) + found.refused + found.foreign <= 10_000


def test_rows_survive_being_packed_and_turned_into_spans() -> None:
    spans = make_run_spans()
    rows = read(encode_protobuf(spans)).rows
    assert unpack_rows(pack_rows(rows)) == rows
    for before, after in zip(spans, map(to_span, rows), strict=True):
        assert (after.trace_id, after.span_id, after.parent_span_id) == before[:3]
        assert after.attributes[attributes.STEP_ID] == before.attributes[attributes.STEP_ID]


def _varint(value: int) -> bytes:
    return bytes((value & 0x7F | 0x80, value >> 7)) if value > 0x7F else bytes((value,))
