// The independent part: emulate's GitHub, found inside its bundle and started from a seed.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createServer } from "@emulators/core";

const DIST = path.join(path.dirname(fileURLToPath(import.meta.url)), "../node_modules/emulate/dist");

/** Emulate bundles one file per service under a hashed name; the exact version is pinned in the lock file. */
async function importGitHub() {
  const isGitHub = (name) =>
    /^dist-.*\.js$/.test(name) && fs.readFileSync(path.join(DIST, name), "utf8").includes("githubPlugin,");
  return import(path.join(DIST, fs.readdirSync(DIST).find(isGitHub)));
}

/**
 * Start emulate; `extend(app, world)` adds routes before its own, so that they win. A fresh one takes milliseconds, and
 * nobody has used up its rate limit.
 */
export async function startEmulate({ seed, baseUrl, port, extend, webhookUrl = "" }) {
  const { githubPlugin, getGitHubStore, seedFromConfig, createAppKeyResolver } = await importGitHub();
  const world = { baseUrl, seed, reactions: new Map(), rules: [] };
  const plugin = {
    ...githubPlugin,
    register(app, store, webhooks, url, tokens) {
      Object.assign(world, { app, store, webhooks, tokens, gh: getGitHubStore(store) });
      writeCommentsAtOnce(world.gh.comments);
      extend(app, world);
      githubPlugin.register(app, store, webhooks, url, tokens);
    },
  };
  const people = Object.entries(seed.tokens).map(([token, login], at) => [token, { login, id: at + 1, scopes: ["repo"] }]);
  let resolve;
  const { app, store } = createServer(plugin, {
    port,
    baseUrl,
    tokens: Object.fromEntries(people),
    appKeyResolver: (id) => resolve(id),
  });
  resolve = createAppKeyResolver(store);
  world.fetch = (request) => app.fetch(request);
  githubPlugin.seed(store, baseUrl);
  const apps = seed.github.apps.map((one) => ({ ...one, webhook_url: webhookUrl || undefined }));
  seedFromConfig(store, baseUrl, { ...seed.github, apps });
  for (const { slug } of apps) addBot(world.gh, slug);
  for (const { repo, login, permission } of seed.collaborators) addCollaborator(world.gh, repo, login, permission);
  return world;
}

/** Everything that is in a world, to begin another one with. */
export function saveWorld({ store, tokens, reactions, rules }) {
  return structuredClone({ store: store.snapshot(), tokens: [...tokens], reactions, rules });
}

export function loadWorld(world, saved) {
  const { store, tokens, reactions, rules } = structuredClone(saved);
  world.store.restore(store);
  for (const [token, user] of tokens) world.tokens.set(token, user);
  Object.assign(world, { reactions, rules });
}

/** Emulate makes a comment in two steps, at times in two milliseconds; to GitHub one that nobody edited is as old as it is. */
function writeCommentsAtOnce(comments) {
  const update = comments.update.bind(comments);
  comments.update = (id, change) => {
    const before = comments.get(id)?.updated_at;
    const after = update(id, change);
    if (after && !("body" in change)) after.updated_at = before;
    return after;
  };
}

/** An App writes as a bot; emulate makes it with the App's first write, GitHub with the App. */
function addBot(gh, slug) {
  const zero = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  const none = { company: null, location: null, hireable: null, bio: null, twitter_username: null };
  const login = `${slug}[bot]`;
  const email = `${login}@users.noreply.github.com`;
  gh.users.insert({
    login, email, name: slug, type: "Bot", node_id: `BOT_${slug}`, avatar_url: "", gravatar_id: "",
    site_admin: false, blog: "", ...none, ...zero,
  });
}

export function addCollaborator(gh, fullName, login, permission) {
  const repo = gh.repos.findOneBy("full_name", fullName);
  const user = gh.users.findOneBy("login", login);
  const known = gh.collaborators.findBy("repo_id", repo.id).find((one) => one.user_id === user.id);
  if (known) gh.collaborators.update(known.id, { permission });
  else gh.collaborators.insert({ repo_id: repo.id, user_id: user.id, permission });
}
