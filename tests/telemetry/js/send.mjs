// Sends spans with the stock JavaScript exporters: node send.mjs URL proto|json COUNT
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [url, encoding, count] = process.argv.slice(2);
const Exporter = encoding === "proto" ? ProtoExporter : JsonExporter;
const exporter = new Exporter({ url, compression: "gzip" });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const tracer = provider.getTracer("support");
for (let number = 0; number < Number(count); number++) {
  const attributes = {
    "flujo.span_role": "attempt",
    "flujo.spec_sha256": "9f".repeat(32),
    "flujo.spec_path": "flows/triage.flow.yaml",
    "flujo.step_id": "draft",
    "flujo.run_id": `run-${number}`,
    "flujo.outcome": "ok",
    "flujo.cost_usd": "0.001",
    "gen_ai.usage.input_tokens": 10,
  };
  tracer.startSpan("chat", { attributes }).end();
}
await provider.shutdown();
