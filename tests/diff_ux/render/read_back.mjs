// Reads Mermaid texts (a JSON list on stdin) with Mermaid itself; writes what each one means as JSON.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;

const mermaid = (await import("mermaid")).default;
mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });

async function read(text) {
  const { config } = await mermaid.parse(text);
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  const { db } = diagram;
  const vertices = [...db.getVertices().values()].map((vertex) => ({
    id: vertex.id,
    text: vertex.text,
    shape: vertex.type ?? null,
    link: vertex.link ?? null,
    img: vertex.img ?? null,
    icon: vertex.icon ?? null,
    hasCallback: Boolean(vertex.haveCallback),
    styles: vertex.styles,
    classes: [...vertex.classes],
  }));
  const edges = db.getEdges().map((edge) => ({ start: edge.start, end: edge.end, text: edge.text }));
  const frames = db.getSubGraphs().map((frame) => ({ id: frame.id, title: frame.title, nodes: frame.nodes }));
  return { type: diagram.type, config: config ?? {}, vertices, edges, frames };
}

const results = [];
for (const text of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    results.push(await read(text));
  } catch (error) {
    results.push({ error: String(error) });
  }
}
process.stdout.write(JSON.stringify(results));
