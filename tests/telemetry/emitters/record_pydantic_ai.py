"""Records what pydantic-ai's own instrumentation sends: `python tests/telemetry/emitters/record_pydantic_ai.py`.

Writes three files beside itself, the bytes of one OTLP request each: the oldest format that is still spoken, the
current one, and that with totals on the agent's span under the names of single calls. An agent asks a model, which
calls a tool and then answers; tokens and models are invented by a function, everything about the spans is the
emitter's. Ids and times differ from recording to recording.
"""

import warnings
from importlib.metadata import version
from pathlib import Path

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic_ai import Agent, ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.usage import RequestUsage

FORMATS = {"format-2": (2, True), "format-5": (5, True), "format-5-repeating": (5, False)}
"""The format and whether totals have names of their own, by the name of the file."""

STEP = {
    "flujo.spec_sha256": "5e" * 32,
    "flujo.spec_path": "flows/support.flow.yaml",
    "flujo.step_id": "answer",
}


def main() -> None:
    """Write one file a format."""
    for name, (number, apart) in FORMATS.items():
        path = Path(__file__).with_name(f"pydantic-ai-{version('pydantic-ai-slim')}-{name}.otlp")
        path.write_bytes(encode_spans(_record(number, apart)).SerializeToString())
        print(path.name)


def _record(number: int, apart: bool) -> tuple[ReadableSpan, ...]:
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "support", **STEP}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = InstrumentationSettings(
            tracer_provider=provider,
            version=number,  # type: ignore[arg-type]
            use_aggregated_usage_attribute_names=apart,
        )
    agent = Agent(FunctionModel(_answer, model_name="gpt-4o-mini"))
    agent.instrument = settings

    @agent.tool_plain
    def look_up(order: str) -> str:
        return f"{order} was sent on Monday"

    agent.run_sync("Where is my order A-7? Write to ada@example.com")
    return kept.get_finished_spans()


def _answer(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
    usage = RequestUsage(input_tokens=120, cache_read_tokens=100, output_tokens=9)
    if len(messages) == 1:
        call = ToolCallPart("look_up", {"order": "A-7"})
        return ModelResponse([call], usage=usage, model_name="gpt-4o-mini", provider_name="openai")
    usage = RequestUsage(input_tokens=200, output_tokens=30)
    text = TextPart("It was sent on Monday.")
    return ModelResponse([text], usage=usage, model_name="gpt-4o-mini", provider_name="openai")


if __name__ == "__main__":
    main()
