"""Records what OpenInference's instrumentation of the OpenAI client sends, against a server on loopback.

`pip install openinference-instrumentation-openai openai opentelemetry-exporter-otlp-proto-http` into an environment of
its own, then `python tests/telemetry/emitters/record_openinference.py`. Writes
`openinference-openai-VERSION.otlp` beside itself: the bytes of one OTLP request. The answers of the server are
invented, everything about the spans is the emitter's. Ids and times differ from recording to recording.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

from openai import OpenAI, OpenAIError
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

STEP = {
    "flujo.spec_sha256": "5e" * 32,
    "flujo.spec_path": "flows/support.flow.yaml",
    "flujo.step_id": "answer",
}
QUESTION = "Where is my order A-7? Write to ada@example.com"
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1767225600,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "It was sent on Monday."},
        }
    ],
    "usage": {
        "prompt_tokens": 2000,
        "completion_tokens": 30,
        "total_tokens": 2030,
        "prompt_tokens_details": {"cached_tokens": 1024},
    },
}


class _Provider(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        good = asked["model"] == "gpt-4o-mini"
        body = json.dumps(ANSWER if good else {"error": {"message": "no such model"}}).encode()
        self.send_response(200 if good else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the output clean."""


def main() -> None:
    """Make one good call and a failing one, and write what was sent about them."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "support", **STEP}))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    OpenAIInstrumentor().instrument(tracer_provider=provider)
    server = HTTPServer(("127.0.0.1", 0), _Provider)
    Thread(target=server.serve_forever, daemon=True).start()
    client = OpenAI(
        base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", max_retries=0
    )
    for model in ("gpt-4o-mini", "no-such-model"):
        try:
            client.chat.completions.create(
                model=model,
                messages=[{"role": "user", "content": QUESTION}],
            )
        except OpenAIError as error:
            print(error)
    server.shutdown()
    name = f"openinference-openai-{version('openinference-instrumentation-openai')}.otlp"
    path = Path(__file__).with_name(name)
    path.write_bytes(encode_spans(kept.get_finished_spans()).SerializeToString())
    print(path.name)


if __name__ == "__main__":
    main()
