// A GitHub for tests: emulate, with GitHub's own semantics where emulate has others. `node github.mjs SEED PORT`.
import fs from "node:fs";
import { randomUUID } from "node:crypto";
import { serve } from "@emulators/core";
import { json, nothing, refuse } from "./answers.mjs";
import { addDeliveryRoutes, countPending, forgetDeliveries } from "./deliveries.mjs";
import { addCollaborator, loadWorld, saveWorld, startEmulate } from "./emulate.mjs";
import { forgetFaults, readLog, setFaults, withFaults } from "./faults.mjs";
import { forgetMirrors, removeMirrors } from "./git_mirror.mjs";
import { checkIdentity, describeCaller, tokenOf } from "./identity.mjs";
import { checkMerging, checkOpening, findPull, lendMergedTree, refresh } from "./pulls.mjs";
import { addRoutes } from "./routes.mjs";

const [, , seedFile, portText] = process.argv;
const port = Number(portText);
const baseUrl = `http://127.0.0.1:${port}`;
const seed = JSON.parse(fs.readFileSync(seedFile, "utf8"));
const extend = (app, found) => {
  checkIdentity(app, found);
  addRoutes(app, found);
  addDeliveryRoutes(app, found);
};
const start = (webhookUrl) => startEmulate({ seed, baseUrl, port, extend, webhookUrl });
let world = await start();
let saved;

const CONTROLS = {
  "POST reset": async ({ webhook_url: webhookUrl } = {}) => {
    forgetFaults();
    forgetMirrors();
    forgetDeliveries();
    world = await start(webhookUrl);
    return nothing();
  },
  "POST save": async () => ((saved = saveWorld(world)), nothing()),
  "POST load": async () => {
    setFaults([]);
    world = await start();
    loadWorld(world, saved);
    return nothing();
  },
  "POST faults": async (faults) => (setFaults(faults), nothing()),
  "GET log": async () => json(readLog()),
  "GET pending": async () => json(countPending()),
  "POST rules": async (rules) => ((world.rules = rules), nothing()),
  "POST emit": async ({ event, payload, owner, repo }) => {
    await world.webhooks.dispatch(event, payload.action, payload, owner, repo);
    return nothing(202);
  },
  "POST suspend": async ({ installation_id: id, suspended }) => {
    const found = world.gh.appInstallations.all().find((one) => one.installation_id === id);
    world.gh.appInstallations.update(found.id, { suspended_at: suspended ? new Date().toISOString() : null });
    return nothing();
  },
  "POST forget-tokens": async () => {
    for (const [token, user] of [...world.tokens]) if (user.installation) world.tokens.delete(token);
    return nothing();
  },
  "POST collaborator": async ({ repo, login, permission }) => {
    addCollaborator(world.gh, repo, login, permission);
    return nothing();
  },
  "POST repository": async ({ full_name: name, ...changes }) => {
    world.gh.repos.update(world.gh.repos.findOneBy("full_name", name).id, changes);
    return nothing();
  },
};

async function handle(request) {
  const url = new URL(request.url);
  const text = ["GET", "HEAD"].includes(request.method) ? "" : await request.text();
  let body;
  try {
    body = text ? JSON.parse(text) : undefined;
  } catch {
    return refuse(400, "Problems parsing JSON");
  }
  const control = CONTROLS[`${request.method} ${url.pathname.replace("/_test/", "")}`];
  if (url.pathname.startsWith("/_test/") && control) return control(body);
  const path = url.pathname.replace(/^\/api\/v3/, "");
  const facts = { verb: request.method, path, url: path + url.search, body: body ?? null, agent: request.headers.get("user-agent"), caller: describeCaller(world, request) };
  return withFaults(facts, () => answer(request, { ...facts, search: url.search }));
}

async function answer(request, { verb, path, search, body }) {
  const [, owner, name, rest = ""] = path.match(/^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/) ?? [];
  const repo = name && world.gh.repos.findOneBy("full_name", `${owner}/${name}`);
  const ask = (sent) => forward(request, path + search, sent);
  const caller = world.tokens.get(tokenOf(request));
  if (path.endsWith("/access_tokens")) return mint(path, () => ask(body));
  if (!repo) return ask(body);
  refresh(world.gh, repo);
  const response = await inRepository(repo, { verb, rest, body, caller }, ask);
  if (verb !== "GET" && response.status < 300) tellMovedHeads(request, repo, refresh(world.gh, repo));
  return response;
}

async function inRepository(repo, { verb, rest, body, caller }, ask) {
  const merging = rest.match(/^\/pulls\/(\d+)\/merge$/);
  if (verb === "PUT" && merging) return merge(repo, merging[1], body ?? {}, ask);
  if (verb === "POST" && rest === "/pulls") return checkOpening(world.gh, repo, body ?? {}) ?? ask(body);
  if (/^\/check-runs|\/check-runs$/.test(rest)) return checkRuns(repo, { verb, rest, body, caller }, ask);
  if (/^\/git\/refs\//.test(rest) && ["PATCH", "DELETE"].includes(verb)) return changeRef(repo, rest, body, ask);
  return ask(body);
}

async function merge(repo, number, body, ask) {
  const pull = findPull(world.gh, repo, number);
  if (!pull) return refuse(404, "Not Found");
  const refused = checkMerging(pull, body);
  if (refused) return refused;
  const giveBack = lendMergedTree(world.gh, repo, pull);
  try {
    const response = await ask(body);
    return response.status === 422 ? refuse(405, (await response.json()).message) : response;
  } finally {
    giveBack();
  }
}

/** GitHub says who made a check run, lets only Apps make them, takes 50 annotations at once, and adds those it gets. */
async function checkRuns(repo, { verb, rest, body, caller }, ask) {
  let sent = body;
  if (verb !== "GET") {
    const refused = checkReport(repo, verb, body, caller);
    if (refused) return refused;
    const known = verb === "PATCH" ? world.gh.checkRuns.get(Number(rest.split("/").pop())) : undefined;
    const annotations = [...(known?.output.annotations ?? []), ...(body.output?.annotations ?? [])];
    sent = { ...body, app_id: caller.installation.appId, ...(body.output ? { output: { ...body.output, annotations } } : {}) };
  }
  const response = await ask(sent);
  if (response.status >= 300) return response;
  const answered = await response.json();
  for (const run of answered.check_runs ?? [answered]) run.app = describeApp(world.gh.checkRuns.get(run.id)?.app_id);
  return json(answered, response.status);
}

function checkReport(repo, verb, body, caller) {
  if (!caller?.installation) return refuse(403, "You must authenticate via a GitHub App.");
  if ((body.output?.annotations ?? []).length > 50) return refuse(422, "Invalid request.\n\nNo more than 50 items are allowed.");
  if (body.status === "completed" && !body.conclusion) return refuse(422, "Invalid request.\n\nMissing conclusion.");
  const isKnown = verb === "PATCH" || world.gh.commits.findBy("repo_id", repo.id).some((one) => one.sha === body.head_sha);
  return isKnown ? undefined : refuse(422, `No commit found for SHA: ${body.head_sha}`);
}

function describeApp(id) {
  const app = world.gh.apps.all().find((one) => one.app_id === id);
  return app ? { id, slug: app.slug, name: app.name, node_id: `APP_${id}`, permissions: {}, events: [] } : null;
}

async function changeRef(repo, rest, body, ask) {
  const ref = `refs/${decodeURIComponent(rest.slice("/git/refs/".length))}`;
  if (!world.gh.refs.findBy("repo_id", repo.id).some((one) => one.ref === ref)) return refuse(422, "Reference does not exist");
  const response = await ask(body);
  return response.status === 409 ? refuse(422, (await response.json()).message) : response;
}

async function mint(path, ask) {
  const id = Number(path.split("/").at(-2));
  const found = world.gh.appInstallations.all().find((one) => one.installation_id === id);
  return found?.suspended_at ? refuse(403, "This installation has been suspended") : ask();
}

function tellMovedHeads(request, repo, moved) {
  for (const { number, before, after } of moved) {
    const pull = findPull(world.gh, repo, number);
    const payload = {
      action: "synchronize", number, before, after,
      pull_request: { number, head: { ref: pull.head_ref, sha: after }, base: { ref: pull.base_ref, sha: pull.base_sha } },
      repository: { id: repo.id, full_name: repo.full_name },
    };
    const [owner, name] = repo.full_name.split("/");
    world.webhooks.dispatch("pull_request", "synchronize", payload, owner, name);
  }
}

async function forward(request, path, body) {
  const sent = ["GET", "HEAD"].includes(request.method) ? undefined : JSON.stringify(body ?? {});
  const response = await world.fetch(new Request(baseUrl + path, { method: request.method, headers: request.headers, body: sent }));
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  headers.set("x-github-request-id", randomUUID());
  headers.set("date", new Date().toUTCString());
  return new Response([204, 304].includes(response.status) ? null : await response.text(), { status: response.status, headers });
}

process.on("exit", removeMirrors);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
serve({ fetch: handle, port, hostname: "127.0.0.1" }).on("listening", () => console.log(`ready ${baseUrl}`));
