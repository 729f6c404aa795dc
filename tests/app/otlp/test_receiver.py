"""The receiver: right status, one log line, nothing half-taken."""

import gzip
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import orjson
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from app.otlp import receiver
from app.otlp.bodies import MAX_BODY_BYTES, MAX_SENT_BYTES
from app.store import create_token, revoke_token
from telemetry import encode_traces
from telemetry.volume import Encoding, drop_text
from tests.app.otlp.senders import JSON, PROTOBUF, Sender, open_sender
from tests.telemetry.builders import make_run_spans, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

BODY = encode_protobuf(make_run_spans())
KEPT = drop_text(BODY, Encoding.PROTOBUF)
JSON_BODY = encode_traces(make_run_spans(), resource={})
NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    with open_sender(tmp_path) as opened:
        yield opened


def pack(encoding: str, body: bytes) -> bytes:
    match encoding:
        case "gzip":
            return gzip.compress(body)
        case "deflate":
            return zlib.compress(body)
        case "zstd":
            packed: bytes = zstandard.compress(body)
            return packed
    return body


def make_partly_broken() -> bytes:
    data = TracesData.FromString(BODY)
    data.resource_spans[0].scope_spans[0].spans[0].span_id = b"short"
    written: bytes = data.SerializeToString()
    return written


@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "deflate", "zstd"])
def test_a_batch_is_written_down_before_it_is_acknowledged(sender: Sender, encoding: str) -> None:
    headers = {**PROTOBUF, "content-encoding": encoding} if encoding else PROTOBUF
    answer = sender.send(pack(encoding, BODY), headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-protobuf"
    (frame,) = sender.written
    assert (frame.repository, frame.encoding, frame.body) == ("local", Encoding.PROTOBUF, KEPT)


def test_json_is_answered_in_json(sender: Sender) -> None:
    answer = sender.send(JSON_BODY, {"content-type": "application/json; charset=utf-8"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert [frame.body for frame in sender.written] == [JSON_BODY]


def test_an_empty_request_is_fine_and_leaves_nothing(sender: Sender) -> None:
    assert sender.send(b"").status_code == 200
    assert sender.send(b"{}", JSON).status_code == 200
    assert sender.written == []


def test_spans_that_cannot_be_read_are_told_of_and_the_rest_is_taken(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    answer = sender.send(make_partly_broken())
    told = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, told.rejected_spans) == (200, 1)
    assert "wrong length" in told.error_message
    assert len(sender.written) == 1
    assert len(caplog.records) == 1


def test_spans_that_cannot_be_read_are_told_of_in_json(sender: Sender) -> None:
    body = JSON_BODY.replace(b'"0000000000000003"', b'"03"', 1)
    partial = sender.send(body, JSON).json()["partialSuccess"]
    assert partial["rejectedSpans"] == "1"
    assert "16 hex digits" in partial["errorMessage"]


_MANY_ATTRIBUTES = encode_protobuf([make_span(1, more={f"k{n}": n for n in range(1_000)})])
_ZEROS = bytes(MAX_BODY_BYTES + 1)
BAD = {
    "truncated protobuf": (BODY[:-3], PROTOBUF, 400),
    "no protobuf": (b"\xff\xff\xff", PROTOBUF, 400),
    "truncated JSON": (JSON_BODY[:-3], JSON, 400),
    "JSON that is a list": (b"[]", JSON, 400),
    "NaN in JSON": (b'{"resourceSpans": NaN}', JSON, 400),
    "deep JSON": (b'{"resourceSpans":' + b"[" * 5_000 + b"]" * 5_000 + b"}", JSON, 400),
    "ids of a wrong length": (JSON_BODY.replace(b"00000000", b""), JSON, 400),
    "too many attributes": (_MANY_ATTRIBUTES, PROTOBUF, 400),
    "another content type": (BODY, {"content-type": "text/plain"}, 415),
    "no content type": (BODY, {}, 415),
    "another content encoding": (BODY, {**PROTOBUF, "content-encoding": "br"}, 415),
    "no gzip": (BODY, {**PROTOBUF, "content-encoding": "gzip"}, 400),
    "truncated gzip": (gzip.compress(BODY)[:-9], {**PROTOBUF, "content-encoding": "gzip"}, 400),
    "two gzip members": (
        gzip.compress(BODY) + gzip.compress(BODY),
        {**PROTOBUF, "content-encoding": "gzip"},
        400,
    ),
    "no zstd": (BODY, {**PROTOBUF, "content-encoding": "zstd"}, 400),
    "truncated zstd": (
        zstandard.compress(BODY)[:-3],
        {**PROTOBUF, "content-encoding": "zstd"},
        400,
    ),
    "a gzip bomb": (gzip.compress(_ZEROS), {**PROTOBUF, "content-encoding": "gzip"}, 413),
    "a deflate bomb": (zlib.compress(_ZEROS), {**PROTOBUF, "content-encoding": "deflate"}, 413),
    "a zstd bomb": (zstandard.compress(_ZEROS), {**PROTOBUF, "content-encoding": "zstd"}, 413),
    "a large body": (bytes(MAX_SENT_BYTES + 1), PROTOBUF, 413),
    "an announced large body": (b"", {**PROTOBUF, "content-length": "9" * 30}, 413),
    "large JSON": (b'{"x": "' + b"x" * 9_000_000 + b'"}', JSON, 413),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_the_right_status_and_one_line(
    sender: Sender, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    body, headers, status = BAD[name]
    answer = sender.send(body, headers)
    assert answer.status_code == status
    assert "retry-after" not in answer.headers
    assert [record.getMessage().split()[:2] for record in caplog.records] == [
        ["request_refused", f"status={status}"]
    ]
    assert sender.written == []
    assert sender.send(BODY).status_code == 200
    assert "flujo_ingest_in_flight_bytes 0\n" in sender.client.get("/metrics").text


def test_a_refusal_says_why_in_the_language_of_the_request(sender: Sender) -> None:
    assert sender.send(b"[]", JSON).json()["code"] == 3
    assert b"protobuf" in sender.send(b"\xff").content


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=300) | st.builds(lambda n: BODY[:n], st.integers(0, len(BODY))),
    media=st.sampled_from(["application/x-protobuf", "application/json"]),
    encoding=st.sampled_from(["", "gzip", "deflate", "zstd"]),
    is_packed=st.booleans(),
)
def test_no_body_breaks_the_receiver(
    sender: Sender, body: bytes, media: str, encoding: str, is_packed: bool
) -> None:
    before = len(sender.written)
    content = pack(encoding, body) if is_packed else body
    answer = sender.send(content, {"content-type": media, "content-encoding": encoding})
    assert answer.status_code in (200, 400)
    assert len(sender.written) in (before, before + (answer.status_code == 200))


class TestTokens:
    def make(self, sender: Sender, repository: str = "acme/support") -> tuple[str, str]:
        with sender.world.store.transaction() as rows:
            token, secret = create_token(rows, repository, at=NOW)
        return token.id, secret

    def send(self, sender: Sender, authorization: str) -> int:
        return sender.send(BODY, {**PROTOBUF, "authorization": authorization}).status_code

    def test_a_token_stands_for_its_repository(self, sender: Sender) -> None:
        _, secret = self.make(sender)
        assert self.send(sender, f"Bearer {secret}") == 200
        assert [frame.repository for frame in sender.written] == ["acme/support"]

    def test_a_revoked_token_ends_at_once(self, sender: Sender) -> None:
        token_id, secret = self.make(sender)
        assert self.send(sender, f"Bearer {secret}") == 200
        with sender.world.store.transaction() as rows:
            revoke_token(rows, token_id, at=NOW)
        assert self.send(sender, f"Bearer {secret}") == 401

    @pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Basic x", "x"])
    def test_a_wrong_token_is_refused(self, sender: Sender, authorization: str) -> None:
        self.make(sender)
        answer = sender.send(BODY, {**PROTOBUF, "authorization": authorization})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert sender.written == []

    def test_nobody_may_send_without_one_once_there_are_any(self, sender: Sender) -> None:
        assert sender.send(BODY).status_code == 200
        self.make(sender)
        assert sender.send(BODY).status_code == 401

    def test_nobody_may_send_without_one_beyond_loopback(self, tmp_path: Path) -> None:
        with open_sender(tmp_path, on_loopback=False) as sender:
            assert sender.send(BODY).status_code == 401

    def test_a_page_that_calls_loopback_by_another_name_is_refused(self, tmp_path: Path) -> None:
        with open_sender(tmp_path, url="http://evil.example") as sender:
            assert sender.send(BODY).status_code == 401

    def test_only_the_hash_is_kept(self, sender: Sender) -> None:
        _, secret = self.make(sender)
        files = [path.read_bytes() for path in sender.world.folder.path.glob("flujo.db*")]
        assert files
        assert not any(secret.encode() in content for content in files)


def test_a_long_backlog_sends_senders_away_for_a_while(tmp_path: Path) -> None:
    with open_sender(tmp_path, max_backlog_bytes=-1) as sender:
        answer = sender.send(BODY)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert sender.client.get("/readyz").status_code == 503
        assert sender.written == []


def test_while_the_disk_is_behind_senders_are_sent_away_and_who_waits_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_writing, may_go_on = Event(), Event()

    def write_slowly(_: int) -> None:
        is_writing.set()
        assert may_go_on.wait(30)

    monkeypatch.setattr(os, "fdatasync", write_slowly)
    with open_sender(tmp_path, max_pending_bytes=1) as sender, ThreadPoolExecutor(1) as pool:
        first = pool.submit(sender.send, BODY)
        assert is_writing.wait(30)
        refused = [sender.send(BODY) for _ in range(10)]
        may_go_on.set()
        assert first.result(30).status_code == 200
        assert {(each.status_code, each.headers["retry-after"]) for each in refused} == {(429, "2")}
        assert len(sender.written) == 1


def test_what_requests_under_way_hold_together_is_bounded(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "MAX_IN_FLIGHT_BYTES", len(BODY) - 1)
    answer = sender.send(BODY)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert "flujo_ingest_in_flight_bytes 0\n" in sender.client.get("/metrics").text
    assert sender.written == []


def test_a_broken_disk_is_an_answer_that_may_be_retried(
    sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    sender.world.folder.segments.rmdir()
    sender.world.folder.segments.touch()
    answer = sender.send(BODY)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert str(sender.world.folder.path).encode() not in answer.content
    assert sender.client.get("/readyz").text == "the log can't be written\n"
    assert len(caplog.records) == 1


def test_health_and_figures(sender: Sender) -> None:
    sender.send(BODY)
    assert sender.client.get("/healthz").text == "ok\n"
    assert sender.client.get("/readyz").text == "ready\n"
    answer = sender.client.get("/metrics")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert 'flujo_ingest_spans_total{result="accepted"} 6\n' in answer.text
    assert answer.text.endswith("# EOF\n")


def test_only_posts_are_taken(sender: Sender) -> None:
    assert sender.client.get("/v1/traces").status_code == 405


def test_json_of_no_spans_of_ours_is_taken_and_ignored(sender: Sender) -> None:
    body = orjson.dumps(
        orjson.loads(encode_traces([make_span(1)], resource={"service.name": "other"}))
    )
    assert sender.send(body, JSON).status_code == 200
