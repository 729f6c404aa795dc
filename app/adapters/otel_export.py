"""Sends finished spans, and metrics made of them, to an OpenTelemetry collector with the stock SDK's exporters.

Batches are sent by a thread of the SDK's. A collector that can't be reached costs spans and a sentence, never a run.
"""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from app.adapters.otel_metrics import StepMetrics
from app.adapters.otel_spans import SCOPE, to_readable
from telemetry import Span

_FLUSH_EVERY = 1_000
"""Spans after which what is queued is sent: half of what the SDK queues before it drops any."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is to be sent; each endpoint and its headers are the SDK's to read from the environment."""

    traces: bool
    metrics: bool
    timeout_s: float


class OtelExport:
    """Exporters of one process; `close` it, or what is queued is lost."""

    def __init__(self, signals: Signals, *, attributes: Mapping[str, str]) -> None:
        # The SDK logs every retry with a traceback; `problem` says it once.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        self._resource = _describe_process(attributes)
        self._timeout_s = signals.timeout_s
        self._traces = _open_traces(signals) if signals.traces else None
        self._metrics_exporter = _LastTry(timeout=signals.timeout_s) if signals.metrics else None
        self._meters = self._metrics_exporter and _open_meters(
            self._metrics_exporter, self._resource
        )
        self._metrics = self._meters and StepMetrics(
            self._meters.get_meter(SCOPE.name, SCOPE.version)
        )
        self._queued = 0

    def export(self, spans: Sequence[Span]) -> None:
        """Queue the spans and count them; returns at once, unless a batch must go out to make room."""
        if self._metrics:
            for span in spans:
                self._metrics.count(span)
        if self._traces is None:
            return
        for span in spans:
            if self._queued >= _FLUSH_EVERY and not self._traces.lost:
                self._traces.processor.force_flush(int(self._timeout_s * 1000))
                self._queued = 0
            self._traces.processor.on_end(to_readable(span, self._resource))
            self._queued += 1

    def close(self) -> None:
        """Send what is queued and end the threads; takes about the timeout when nobody answers.

        Both signals go at once: one that nobody answers shall not keep the other waiting.
        """
        with ThreadPoolExecutor() as pool:
            for closing in [pool.submit(self._close_traces), pool.submit(self._close_metrics)]:
                closing.result()

    def _close_traces(self) -> None:
        if self._traces:
            self._traces.exporter.is_last_try = True
            self._traces.processor.shutdown()  # type: ignore[no-untyped-call]

    def _close_metrics(self) -> None:
        if self._meters and self._metrics_exporter:
            self._metrics_exporter.is_last_try = True
            self._meters.shutdown(self._timeout_s * 1000)

    @property
    def problem(self) -> str:
        """What didn't arrive, `""` if all did; final once closed."""
        lost = []
        if self._traces and self._traces.lost:
            lost.append(f"{self._traces.lost} spans")
        if self._metrics_exporter and self._metrics_exporter.lost:
            lost.append("the metrics")
        what = " and ".join(lost)
        return what and f"OpenTelemetry: {what} weren't accepted by the collector"


class _Counting(SpanExporter):
    """Counts what another exporter couldn't deliver; at the last try, one batch that nobody takes is enough."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self.lost = 0
        self.is_last_try = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.is_last_try and self.lost:
            self.lost += len(spans)
            return SpanExportResult.FAILURE
        result = self._inner.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self.lost += len(spans)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


class _LastTry(OTLPMetricExporter):
    """Knows whether the metrics, which are sums and sent again each time, arrived the last time."""

    lost = False
    is_last_try = False

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = None, **options: object
    ) -> MetricExportResult:
        if self.is_last_try and self.lost:
            return MetricExportResult.FAILURE
        result = super().export(metrics_data, timeout_millis, **options)
        self.lost = result is not MetricExportResult.SUCCESS
        return result


@dataclass(frozen=True, slots=True)
class _Traces:
    processor: BatchSpanProcessor
    exporter: _Counting

    @property
    def lost(self) -> int:
        return self.exporter.lost


def _open_traces(signals: Signals) -> _Traces:
    exporter = _Counting(OTLPSpanExporter(timeout=signals.timeout_s))
    return _Traces(BatchSpanProcessor(exporter), exporter)


def _open_meters(exporter: OTLPMetricExporter, resource: Resource) -> MeterProvider:
    reader = PeriodicExportingMetricReader(exporter)
    return MeterProvider([reader], resource, shutdown_on_exit=False)


def _describe_process(attributes: Mapping[str, str]) -> Resource:
    """Return the resource that the standard variables describe, named `flujo` if they don't name it."""
    resource = Resource.create(dict(attributes))
    named = str(resource.attributes.get(SERVICE_NAME, ""))
    if named and not named.startswith("unknown_service"):
        return resource
    return resource.merge(Resource({SERVICE_NAME: "flujo"}))
