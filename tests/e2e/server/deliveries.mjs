// Webhook deliveries as GitHub keeps them: a guid for each event, a list to look failures up in, and sending again.
import { randomUUID } from "node:crypto";
import { json, nothing, refuse } from "./answers.mjs";

const deliveries = [];
const send = globalThis.fetch;
let pending = 0;

export const countPending = () => pending;
export const forgetDeliveries = () => deliveries.splice(0);

// Emulate numbers deliveries by the millisecond, where two may be the same.
globalThis.fetch = async (url, options) =>
  options?.headers?.["X-GitHub-Delivery"] ? deliver(url, options, randomUUID(), false) : send(url, options);

async function deliver(url, options, guid, isAgain) {
  const headers = { ...options.headers, "X-GitHub-Delivery": guid, "User-Agent": "GitHub-Hookshot/emulated" };
  const { action = null, installation } = JSON.parse(options.body);
  const delivery = {
    id: deliveries.length + 1, guid, event: headers["X-GitHub-Event"], action, redelivery: isAgain,
    delivered_at: new Date().toISOString(), installation_id: installation?.id ?? null, status_code: 0, url, options,
  };
  deliveries.push(delivery);
  pending += 1;
  try {
    const answer = await send(url, { ...options, headers });
    delivery.status_code = answer.status;
    return answer;
  } finally {
    pending -= 1;
  }
}

export function addDeliveryRoutes(app, world) {
  app.get("/app/hook/deliveries", (c) => {
    if (!c.get("authApp")) return refuse(401, "A JSON web token could not be decoded");
    const size = Number(c.req.query("per_page") ?? 30);
    const before = Number(c.req.query("cursor") ?? deliveries.length + 1);
    const older = deliveries.filter((one) => one.id < before).reverse();
    const found = older.slice(0, size);
    const next = `<${world.baseUrl}/app/hook/deliveries?per_page=${size}&cursor=${found.at(-1)?.id}>; rel="next"`;
    const shown = found.map(({ url, options, ...facts }) => ({ ...facts, duration: 0.1, status: facts.status_code ? "OK" : "failed to connect", repository_id: null }));
    return json(shown, 200, older.length > size ? { link: next } : {});
  });

  app.post("/app/hook/deliveries/:id/attempts", (c) => {
    if (!c.get("authApp")) return refuse(401, "A JSON web token could not be decoded");
    const known = deliveries[Number(c.req.param("id")) - 1];
    if (!known) return refuse(404, "Not Found");
    deliver(known.url, known.options, known.guid, true).catch(() => {});
    return json({}, 202);
  });
}
