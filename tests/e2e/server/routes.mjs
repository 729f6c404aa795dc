// Routes that emulate hasn't got.
import { json, page, refuse } from "./answers.mjs";
import { listFiles } from "./git_mirror.mjs";
import { findPull, refresh } from "./pulls.mjs";

export function addRoutes(app, world) {
  const repoOf = (c) => world.gh.repos.findOneBy("full_name", `${c.req.param("owner")}/${c.req.param("repo")}`);
  const inRepo = (verb, path, answer) =>
    app[verb](`/repos/:owner/:repo${path}`, async (c) => {
      const repo = repoOf(c);
      if (!repo) return refuse(404, "Not Found");
      if (!c.get("authUser")) return refuse(401, "Requires authentication");
      return answer(c, repo, new URL(c.req.url));
    });

  app.get("/installation/repositories", (c) => {
    const installation = c.get("authUser")?.installation;
    if (!installation) return refuse(403, "You must authenticate with an installation access token in order to list repositories for an installation.");
    const { accountId, repositorySelection, repositoryIds } = installation;
    const isReached = (repo) => repo.owner_id === accountId && (repositorySelection === "all" || repositoryIds.includes(repo.id));
    const found = world.gh.repos.all().filter(isReached).map(({ id, full_name }) => ({ id, full_name }));
    return json({ total_count: found.length, repository_selection: repositorySelection, repositories: found });
  });

  inRepo("get", "/pulls/:number/files", (c, repo, url) => {
    refresh(world.gh, repo);
    const pull = findPull(world.gh, repo, c.req.param("number"));
    return pull ? page(listFiles(world.gh, repo, pull.base_sha, pull.head_sha), url) : refuse(404, "Not Found");
  });

  inRepo("get", "/rules/branches/:branch{.+}", (c, repo, url) =>
    page(world.rules.filter((rule) => rule.branch === decodeURIComponent(c.req.param("branch"))).map(({ branch, ...rule }) => rule), url),
  );

  inRepo("post", "/issues/comments/:id/reactions", async (c) => {
    const { content } = await c.req.json();
    const key = `${c.req.param("id")} ${content} ${JSON.stringify(c.get("authUser").installation?.appId ?? c.get("authUser").login)}`;
    if (!["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"].includes(content)) return refuse(422, "Validation Failed");
    if (!world.gh.comments.get(Number(c.req.param("id")))) return refuse(404, "Not Found");
    const isNew = !world.reactions.has(key);
    if (isNew) world.reactions.set(key, { id: world.reactions.size + 1, content, created_at: new Date().toISOString() });
    return json(world.reactions.get(key), isNew ? 201 : 200);
  });

  inRepo("get", "/issues/comments/:id/reactions", (c, repo, url) => {
    const ours = [...world.reactions].filter(([key]) => key.startsWith(`${c.req.param("id")} `)).map(([, one]) => one);
    return page(ours, url);
  });

  inRepo("get", "/collaborators/:login/permission", (c, repo) => {
    const user = world.gh.users.findOneBy("login", c.req.param("login"));
    if (!user) return refuse(404, "Not Found");
    const known = world.gh.collaborators.findBy("repo_id", repo.id).find((one) => one.user_id === user.id);
    const role = known ? { push: "write", pull: "read" }[known.permission] ?? known.permission : repo.private ? "none" : "read";
    const permission = { maintain: "write", triage: "read" }[role] ?? role;
    return json({ permission, role_name: role, user: { login: user.login, id: user.id, type: user.type } });
  });

  app.get("/user/:id{[0-9]+}", (c) => {
    const user = world.gh.users.get(Number(c.req.param("id")));
    if (!c.get("authUser")) return refuse(401, "Requires authentication");
    return user ? json({ login: user.login, id: user.id, type: user.type }) : refuse(404, "Not Found");
  });

  app.post("/app-manifests/:code/conversions", (c) => {
    if (c.req.param("code") !== "a-code") return refuse(404, "Not Found");
    const { app_id: id, slug, private_key: pem, webhook_secret } = world.gh.apps.all()[0];
    return json({ id, slug, pem, webhook_secret, html_url: `${world.baseUrl}/apps/${slug}`, client_id: "Iv1", client_secret: "unused" }, 201);
  });

  app.get("/app/hook/config", (c) => {
    if (!c.get("authApp")) return refuse(401, "A JSON web token could not be decoded");
    const { webhook_url: url, webhook_secret: secret } = world.gh.apps.all().find((one) => one.app_id === c.get("authApp").appId);
    return json({ url: url ?? "", content_type: "json", insecure_ssl: "0", ...(secret ? { secret: "********" } : {}) });
  });
}
