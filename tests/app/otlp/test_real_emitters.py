"""Emitters that know nothing of us, sending to a running server: what went in is what `flujo stats` says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry import baggage, context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent, ModelMessage, ModelResponse, TextPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.usage import RequestUsage

from app.cli.main import run_command
from tests.app.otlp.servers import serve

RUNS = 20
TOKENS = RequestUsage(input_tokens=1_000_000, output_tokens=1_000)


class DeclareStep(SpanProcessor):
    """The processor of docs/how-to/send-telemetry.md."""

    def on_start(self, span: Span, parent_context: context.Context | None = None) -> None:
        for name, value in baggage.get_all(parent_context).items():
            if name.startswith("flujo."):
                span.set_attribute(name, str(value))


@contextmanager
def declare(**step: str) -> Iterator[None]:
    declared = context.get_current()
    for name, value in step.items():
        declared = baggage.set_baggage(f"flujo.{name}", value, declared)
    token = context.attach(declared)
    try:
        yield
    finally:
        context.detach(token)


def answer(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    text = TextPart("It was sent on Monday.")
    return ModelResponse([text], usage=TOKENS, model_name="gpt-4o-mini")


def test_agents_of_pydantic_ai_count_for_the_step_they_declare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(tmp_path) as server:
        provider = TracerProvider()
        provider.add_span_processor(DeclareStep())
        exporter = OTLPSpanExporter(f"{server.address}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
        agent = Agent(FunctionModel(answer, model_name="gpt-4o-mini"))
        agent.instrument = InstrumentationSettings(tracer_provider=provider)
        for _ in range(RUNS):
            with declare(spec_path="flows/support.flow.yaml", step_id="answer"):
                agent.run_sync("Where is my order?")
        agent.run_sync("Whose step is this?")
        provider.shutdown()
        server.statistics(spans=2 * RUNS)
        server.stop()
    assert run_command(["stats", "--data-dir", str(tmp_path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["spans"], found["unmapped"], found["quarantined"]) == (2 * RUNS, 2, 0)
    (workflow,) = found["workflows"]
    assert (workflow["spec_path"], workflow["spec_sha256"]) == ("flows/support.flow.yaml", "")
    assert (workflow["drift"], workflow["runs"]) == (None, RUNS)
    (step,) = workflow["steps"]
    assert (step["step_id"], step["executions"], step["errors"]) == ("answer", RUNS, 0)
    assert step["input_tokens"] == RUNS * TOKENS.input_tokens
    assert step["output_tokens"] == RUNS * TOKENS.output_tokens
    assert step["cost_usd"] == pytest.approx(RUNS * 0.1506)
    assert found["prices"] == {}  # the emitter stated them
