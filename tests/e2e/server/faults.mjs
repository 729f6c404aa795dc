// Failures on demand, and the log of everything that was asked.
import { json } from "./answers.mjs";

const faults = [];
const log = [];
const seen = new Map();

/**
 * A fault: `match` is a pattern of "VERB /path"; `skip` lets that many requests through first, `times` is how often it
 * strikes. `when` is "before" or "after" the effect. `kind`: "status" answers with `status`, `body`, `headers`; "cut" breaks
 * the connection; "hang" answers nothing for `delay_ms`; "stale" answers a read as it was answered first.
 */
export function setFaults(wanted) {
  faults.splice(0, faults.length, ...wanted.map((one) => ({ skip: 0, times: 1, when: "before", kind: "status", ...one })));
}

export const readLog = () => log;

export function forgetFaults() {
  faults.splice(0);
  log.splice(0);
  seen.clear();
}

export async function withFaults(facts, answer) {
  const fault = nextFault(`${facts.verb} ${facts.path}`);
  const entry = { ...facts, status: 0, fault: fault ? `${fault.kind} ${fault.when}` : null };
  log.push(entry);
  if (fault?.when === "before" && fault.kind !== "stale") return strike(fault, entry);
  const good = remember(facts, await answer());
  const result = fault ? await strike(fault, entry, seen.get(facts.url)) : good;
  entry.status = result.status;
  return result;
}

function nextFault(name) {
  const found = faults.find((one) => one.times > 0 && new RegExp(one.match).test(name) && one.skip-- <= 0);
  if (found) found.times -= 1;
  return found;
}

function remember(facts, response) {
  if (facts.verb === "GET" && response.status < 300 && !seen.has(facts.url)) seen.set(facts.url, response.clone());
  return response;
}

async function strike(fault, entry, first) {
  entry.status = fault.kind === "status" ? fault.status : 0;
  if (fault.kind === "stale") return first.clone();
  if (fault.kind === "cut") return new Response(new ReadableStream({ start: (body) => body.error(new Error("cut on demand")) }), { headers: { "content-length": "9" } });
  if (fault.kind === "hang") await new Promise((resume) => setTimeout(resume, fault.delay_ms));
  return json(fault.body ?? { message: "injected" }, fault.status ?? 504, fault.headers);
}
