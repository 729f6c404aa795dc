"""Spans and metrics as an OpenTelemetry collector gets them: over HTTP, as protobuf, from the stock exporters."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from app.bootstrap.exporting import open_export
from telemetry import ErrorClass, Span
from tests.builders import make_program, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import SpanCollector

Value = str | bool | int | float | None


class Collector(ThreadingHTTPServer):
    """Takes what is exported and remembers it; answers with `status`, and where `together` is set only all at once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.status = 200
        self.together: threading.Barrier | None = None
        self.bodies: list[tuple[str, bytes]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def traces(self) -> list[ExportTraceServiceRequest]:
        return [
            ExportTraceServiceRequest.FromString(body)
            for path, body in self.bodies
            if path == "/v1/traces"
        ]

    def metrics(self) -> dict[str, Metric]:
        """Return the last state of each metric."""
        return {
            metric.name: metric
            for path, body in self.bodies
            if path == "/v1/metrics"
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


class _Receive(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.together is not None:
            self.server.together.wait(10)
        self.server.bodies.append((self.path, body))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    for name in ("SERVICE_NAME", "RESOURCE_ATTRIBUTES", "SDK_DISABLED"):
        monkeypatch.delenv(f"OTEL_{name}", raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def some_spans() -> list[Span]:
    """Run two steps: an agent that fails once, and a skill."""
    steps = """
- {name: a, uses: agents.writer, config: {max_retries: 1}}
- {name: b, uses: flujo.value.pass}
"""
    answers = [
        Answer(error=ErrorClass.UNAVAILABLE, latency_s=1, cost_usd="0.25", tokens=(10, 0)),
        Answer("good", latency_s=2, cost_usd="0.5", tokens=(20, 5)),
    ]
    spans = SpanCollector()
    run(make_program(steps), agents=ScriptedAgents({"writer": answers}), listeners=[spans])
    return spans.take()


def export(spans: list[Span]) -> list[str]:
    """Export the spans and return what was warned of."""
    warnings: list[str] = []
    with open_export(attributes={"flujo.repository": "flows"}, warn=warnings.append) as send:
        assert send is not None
        send(spans)
    return warnings


def read(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    found: Value = getattr(value, kind) if kind else None
    return found


def flat(attributes: list[KeyValue]) -> dict[str, Value]:
    return {one.key: read(one.value) for one in attributes}


def test_every_span_arrives_with_its_ids_times_and_attributes(collector: Collector) -> None:
    spans = some_spans()
    assert export(spans) == []
    (request,) = collector.traces()
    (resource,) = request.resource_spans
    (scope,) = resource.scope_spans
    assert (scope.scope.name, scope.scope.version) == ("flujo", "1")
    assert len(scope.spans) == len(spans) == 6
    for sent, span in zip(scope.spans, spans, strict=True):
        assert sent.trace_id.hex() == span.trace_id
        assert (sent.span_id.hex(), sent.parent_span_id.hex()) == (
            span.span_id,
            span.parent_span_id,
        )
        assert (sent.name, sent.kind, sent.status.code) == (span.name, span.kind, span.status)
        assert (sent.start_time_unix_nano, sent.end_time_unix_nano) == (span.start_ns, span.end_ns)
        there = flat(list(sent.attributes))
        assert {name: value for name, value in there.items() if value is not None} == {
            name: value for name, value in span.attributes.items() if value is not None
        }


def test_the_service_is_flujo_unless_the_environment_names_it(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(some_spans())
    monkeypatch.setenv("OTEL_SERVICE_NAME", "my-flows")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret")
    export(some_spans())
    resources = [
        flat(list(one.resource_spans[0].resource.attributes)) for one in collector.traces()
    ]
    assert [resource["service.name"] for resource in resources] == ["flujo", "my-flows"]
    assert {resource["flujo.repository"] for resource in resources} == {"flows"}
    assert collector.headers[-1]["api-key"] == "secret"


def test_metrics_by_step_add_up(collector: Collector) -> None:
    export(some_spans())
    metrics = collector.metrics()
    assert set(metrics) == {
        "flujo.step.attempts",
        "flujo.step.cost",
        "flujo.step.duration",
        "gen_ai.client.operation.duration",
        "gen_ai.client.token.usage",
    }
    attempts = {
        (
            flat(list(point.attributes))["flujo.step_id"],
            flat(list(point.attributes))["flujo.outcome"],
        ): (point.as_int)
        for point in metrics["flujo.step.attempts"].sum.data_points
    }
    assert attempts == {("a", "error"): 1, ("a", "ok"): 1, ("b", "ok"): 1}
    cost = sum(point.as_double for point in metrics["flujo.step.cost"].sum.data_points)
    assert cost == pytest.approx(0.75)
    seconds = {
        flat(list(point.attributes))["flujo.step_id"]: point.sum
        for point in metrics["flujo.step.duration"].histogram.data_points
    }
    assert seconds == {"a": pytest.approx(3), "b": pytest.approx(0)}
    tokens = {
        flat(list(point.attributes))["gen_ai.token.type"]: point.sum
        for point in metrics["gen_ai.client.token.usage"].histogram.data_points
        if "error.type" not in flat(list(point.attributes))
    }
    assert tokens == {"input": 20, "output": 5}


def test_no_series_carries_what_is_different_in_every_run(collector: Collector) -> None:
    export(some_spans())
    for metric in collector.metrics().values():
        for point in (*metric.sum.data_points, *metric.histogram.data_points):
            assert not {"flujo.run_id", "flujo.input_hash"} & set(flat(list(point.attributes)))


def test_more_spans_than_the_sdk_queues_all_arrive(collector: Collector) -> None:
    spans = some_spans()
    assert export(spans * 600) == []
    arrived = sum(
        len(scope.spans)
        for request in collector.traces()
        for resource in request.resource_spans
        for scope in resource.scope_spans
    )
    assert arrived == len(spans) * 600


def test_one_signal_may_be_switched_off(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    export(some_spans())
    assert {path for path, _ in collector.bodies} == {"/v1/metrics"}


def test_at_the_end_no_signal_waits_for_the_answer_to_the_other(collector: Collector) -> None:
    collector.together = threading.Barrier(2)
    assert export(some_spans()) == []
    assert {path for path, _ in collector.bodies} == {"/v1/traces", "/v1/metrics"}


def test_a_collector_that_refuses_costs_a_sentence(collector: Collector) -> None:
    collector.status = 400
    assert export(some_spans()) == [
        "OpenTelemetry: 6 spans and the metrics weren't accepted by the collector"
    ]


def test_a_collector_that_is_not_there_costs_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    assert export(some_spans()) == [
        "OpenTelemetry: 6 spans and the metrics weren't accepted by the collector"
    ]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "True"},
    ],
)
def test_where_no_collector_is_named_nothing_is_exported(environ: dict[str, str]) -> None:
    with open_export(attributes={}, warn=pytest.fail, environ=environ) as send:
        assert send is None


def test_who_names_no_collector_never_imports_the_sdk() -> None:
    code = (
        "import sys; from app.bootstrap.exporting import open_export\n"
        "with open_export(attributes={}, warn=print, environ={}): pass\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
