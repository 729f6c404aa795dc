"""Metrics by step, made of finished spans: how long, how dear, how often, with which outcome.

The names of `gen_ai.client.*` and their buckets: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
"""

from opentelemetry.metrics import Meter

from telemetry import AttributeValue, Span, SpanRole
from telemetry.attributes import (
    COST_USD,
    ERROR_CLASS,
    INPUT_TOKENS,
    OPERATION_NAME,
    OUTCOME,
    OUTPUT_TOKENS,
    PROVIDER_NAME,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    SIMULATED,
    SPAN_ROLE,
    SPEC_PATH,
    STEP_ID,
)

_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4**power for power in range(14))
_STEP = (SPEC_PATH, STEP_ID, OUTCOME)
_ATTEMPT = (*_STEP, ERROR_CLASS, SIMULATED)
_MODEL = (OPERATION_NAME, PROVIDER_NAME, REQUEST_MODEL, RESPONSE_MODEL, SIMULATED)


class StepMetrics:
    """The instruments that spans are counted with."""

    def __init__(self, meter: Meter) -> None:
        self._step_s = meter.create_histogram(
            "flujo.step.duration", "s", "executions", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._attempts = meter.create_counter("flujo.step.attempts", "{attempt}", "attempts")
        self._cost = meter.create_counter("flujo.step.cost", "USD", "what attempts cost")
        self._call_s = meter.create_histogram(
            "gen_ai.client.operation.duration",
            "s",
            "requests to models",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._tokens = meter.create_histogram(
            "gen_ai.client.token.usage",
            "{token}",
            "tokens of requests to models",
            explicit_bucket_boundaries_advisory=_TOKENS,
        )

    def count(self, span: Span) -> None:
        """Add one span."""
        role = span.attributes.get(SPAN_ROLE)
        seconds = (span.end_ns - span.start_ns) / 1e9
        if role == SpanRole.STEP:
            self._step_s.record(seconds, _pick(span, _STEP))
        elif role == SpanRole.ATTEMPT:
            self._count_attempt(span, seconds)

    def _count_attempt(self, span: Span, seconds: float) -> None:
        labels = _pick(span, _ATTEMPT)
        self._attempts.add(1, labels)
        self._cost.add(float(span.attributes.get(COST_USD) or 0), labels)
        if REQUEST_MODEL not in span.attributes:
            return
        asked = _pick(span, _MODEL)
        if span.attributes.get(ERROR_CLASS):
            asked["error.type"] = str(span.attributes[ERROR_CLASS])
        self._call_s.record(seconds, asked)
        for kind, name in (("input", INPUT_TOKENS), ("output", OUTPUT_TOKENS)):
            tokens = span.attributes.get(name)
            if isinstance(tokens, int):
                self._tokens.record(tokens, {**asked, "gen_ai.token.type": kind})


def _pick(span: Span, names: tuple[str, ...]) -> dict[str, str | bool | int | float]:
    """Return the attributes that have a value; never a run's own, or there would be a series per run."""
    found: dict[str, AttributeValue] = {name: span.attributes.get(name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
