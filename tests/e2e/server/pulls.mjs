// Pull requests as GitHub treats them and emulate doesn't: the head follows its branch, merges are three-way, and
// refusals have GitHub's status codes.
import { invalid, refuse } from "./answers.mjs";
import { countCommits, listFiles, mergeTrees } from "./git_mirror.mjs";

const pullsOf = (gh, repo) => gh.pullRequests.findBy("repo_id", repo.id);
export const findPull = (gh, repo, number) => pullsOf(gh, repo).find((pull) => pull.number === Number(number));
export const tipOf = (gh, repo, name) => gh.branches.findBy("repo_id", repo.id).find((one) => one.name === name)?.sha;

/** Bring every open pull request up to its branches, and close it with its head; return those whose head moved, with where it was. */
export function refresh(gh, repo) {
  const moved = [];
  for (const pull of pullsOf(gh, repo)) {
    const head = tipOf(gh, repo, pull.head_ref);
    const base = tipOf(gh, repo, pull.base_ref);
    if (pull.state === "open" && !head) gh.pullRequests.update(pull.id, { state: "closed", closed_at: new Date().toISOString() });
    if (pull.state !== "open" || !head || !base || pull._seen === `${head}:${base}`) continue;
    if (pull.head_sha !== head) moved.push({ number: pull.number, before: pull.head_sha, after: head });
    const tree = mergeTrees(gh, repo, base, head);
    gh.pullRequests.update(pull.id, {
      head_sha: head,
      base_sha: base,
      mergeable: tree !== null,
      mergeable_state: tree === null ? "dirty" : "clean",
      changed_files: listFiles(gh, repo, base, head).length,
      commits: countCommits(gh, repo, base, head),
      _seen: `${head}:${base}`,
      _tree: tree,
    });
  }
  return moved;
}

/** Refuse to open what GitHub would refuse to open; emulate makes a missing branch up. */
export function checkOpening(gh, repo, body) {
  const head = String(body.head ?? "").split(":").pop();
  if (!body.head || !body.base || typeof body.title !== "string") return invalid("PullRequest", { code: "missing_field", field: "title" });
  if (body.title.length > 256) return invalid("PullRequest", { code: "custom", field: "title", message: "title is too long (maximum is 256 characters)" });
  if (String(body.body ?? "").length > 65536) return invalid("PullRequest", { code: "custom", field: "body", message: "body is too long (maximum is 65536 characters)" });
  if (!tipOf(gh, repo, head)) return invalid("PullRequest", { field: "head", code: "invalid" });
  if (!tipOf(gh, repo, body.base)) return invalid("PullRequest", { field: "base", code: "invalid" });
  const isOpen = (pull) => pull.state === "open" && pull.head_ref === head && pull.base_ref === body.base;
  const custom = (message) => invalid("PullRequest", { code: "custom", message });
  if (pullsOf(gh, repo).some(isOpen)) return custom(`A pull request already exists for ${repo.full_name.split("/")[0]}:${head}.`);
  const news = countCommits(gh, repo, tipOf(gh, repo, body.base), tipOf(gh, repo, head));
  return news === 0 ? custom(`No commits between ${body.base} and ${head}`) : undefined;
}

/** Refuse to merge as GitHub does: 405, and 409 for another head. */
export function checkMerging(pull, body) {
  if (pull.merged || pull.state === "closed") return refuse(405, "Pull Request is not mergeable");
  if (pull.draft) return refuse(405, "Pull Request is still a draft");
  if (body.sha && body.sha !== pull.head_sha) return refuse(409, "Head branch was modified. Review and try the merge again.");
  return pull._tree === null ? refuse(405, "Pull Request is not mergeable") : undefined;
}

/** Let emulate's merge, which takes the head's tree, take the merged one; call the answer when it is done. */
export function lendMergedTree(gh, repo, pull) {
  const head = gh.commits.findBy("repo_id", repo.id).find((commit) => commit.sha === pull.head_sha);
  const own = head.tree_sha;
  gh.commits.update(head.id, { tree_sha: pull._tree });
  return () => gh.commits.update(head.id, { tree_sha: own });
}
