// Emulate's git objects, mirrored into real repositories, so that git itself says what merges and what lies between.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import zlib from "node:zlib";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";

const HOME = fs.mkdtempSync(path.join(os.tmpdir(), "flujo-emulated-git-"));
const mirrored = new Set();

export function forgetMirrors() {
  mirrored.clear();
  for (const name of fs.readdirSync(HOME)) fs.rmSync(path.join(HOME, name), { recursive: true });
}

export const removeMirrors = () => fs.rmSync(HOME, { recursive: true, force: true });

/** The tree that merging `head` into `base` gives, or null when they conflict. */
export function mergeTrees(gh, repo, base, head) {
  mirror(gh, repo);
  const done = spawnSync("git", ["-C", folder(repo), "merge-tree", "--write-tree", base, head], { encoding: "utf8" });
  if (done.status !== 0) return null;
  const tree = done.stdout.split("\n")[0];
  importTree(gh, repo, tree);
  return tree;
}

export function countCommits(gh, repo, base, head) {
  mirror(gh, repo);
  return Number(git(repo, ["rev-list", "--count", `${base}..${head}`]));
}

export function contains(gh, repo, head, commit) {
  mirror(gh, repo);
  return spawnSync("git", ["-C", folder(repo), "merge-base", "--is-ancestor", commit, head]).status === 0;
}

/** What a pull request changes, as GitHub's `files` has it. */
export function listFiles(gh, repo, base, head) {
  mirror(gh, repo);
  const raw = git(repo, ["diff", "--raw", "--abbrev=40", "-z", "-M", `${base}...${head}`]).split("\0");
  const names = { A: "added", M: "modified", D: "removed", R: "renamed", C: "copied", T: "changed" };
  const files = [];
  for (let at = 0; raw[at]?.startsWith(":"); ) {
    const [, , , sha, state] = raw[at].split(" ");
    const isMoved = "RC".includes(state[0]);
    const previous = isMoved ? { previous_filename: raw[at + 1] } : {};
    files.push({ sha, filename: raw[at + (isMoved ? 2 : 1)], status: names[state[0]], ...previous });
    at += isMoved ? 3 : 2;
  }
  return files;
}

const git = (repo, args) => execFileSync("git", ["-C", folder(repo), ...args], { encoding: "utf8", maxBuffer: 1 << 28 }).trim();

function folder(repo) {
  const found = path.join(HOME, `${repo.id}.git`);
  if (!fs.existsSync(found)) execFileSync("git", ["init", "--quiet", "--bare", found]);
  return found;
}

function mirror(gh, repo) {
  for (const blob of gh.blobs.findBy("repo_id", repo.id)) put(repo, "blob", blob.sha, () => bytesOf(blob));
  for (const tree of gh.trees.findBy("repo_id", repo.id)) put(repo, "tree", tree.sha, () => writeTree(tree));
  for (const commit of gh.commits.findBy("repo_id", repo.id)) put(repo, "commit", commit.sha, () => writeCommit(commit));
}

function put(repo, type, sha, write) {
  const key = `${repo.id}:${sha}`;
  if (mirrored.has(key)) return;
  const content = write();
  const raw = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const actual = createHash("sha1").update(raw).digest("hex");
  if (actual !== sha) throw new Error(`emulate's ${type} ${sha} is git's ${actual}`);
  const file = path.join(folder(repo), "objects", sha.slice(0, 2), sha.slice(2));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (!fs.existsSync(file)) fs.writeFileSync(file, zlib.deflateSync(raw));
  mirrored.add(key);
}

const bytesOf = (blob) => Buffer.from(blob.content, blob.encoding === "base64" ? "base64" : "utf8");

function writeTree({ tree }) {
  const name = (entry) => Buffer.from(entry.type === "tree" ? `${entry.path}/` : entry.path);
  const sorted = [...tree].sort((a, b) => Buffer.compare(name(a), name(b)));
  return Buffer.concat(
    sorted.flatMap(({ mode, path: at, sha }) => [Buffer.from(`${mode.replace(/^0+/, "")} ${at}\0`), Buffer.from(sha, "hex")]),
  );
}

function writeCommit(commit) {
  const when = (date) => `${Math.floor(Date.parse(date) / 1000)} +0000`;
  const lines = [
    `tree ${commit.tree_sha}`,
    ...commit.parent_shas.map((parent) => `parent ${parent}`),
    `author ${commit.author_name} <${commit.author_email}> ${when(commit.author_date)}`,
    `committer ${commit.committer_name} <${commit.committer_email}> ${when(commit.committer_date)}`,
    "",
    commit.message.endsWith("\n") ? commit.message : `${commit.message}\n`,
  ];
  return Buffer.from(lines.join("\n"));
}

/** Bring a tree that git made back into emulate's store. */
function importTree(gh, repo, sha) {
  if (gh.trees.findBy("repo_id", repo.id).some((tree) => tree.sha === sha)) return;
  const tree = git(repo, ["ls-tree", "-l", "-z", sha]).split("\0").filter(Boolean).map(readEntry);
  for (const entry of tree) {
    if (entry.type === "tree") importTree(gh, repo, entry.sha);
    else if (entry.type === "blob") importBlob(gh, repo, entry.sha);
  }
  gh.trees.insert({ repo_id: repo.id, sha, node_id: `T_${sha}`, tree, truncated: false });
}

function readEntry(line) {
  const [facts, at] = line.split("\t");
  const [mode, type, sha, size] = facts.split(/\s+/);
  return { path: at, mode, type, sha, ...(type === "blob" ? { size: Number(size) } : {}) };
}

function importBlob(gh, repo, sha) {
  if (gh.blobs.findBy("repo_id", repo.id).some((blob) => blob.sha === sha)) return;
  const content = execFileSync("git", ["-C", folder(repo), "cat-file", "blob", sha], { maxBuffer: 1 << 28 });
  const facts = { content: content.toString("base64"), encoding: "base64", size: content.length };
  gh.blobs.insert({ repo_id: repo.id, sha, node_id: `B_${sha}`, ...facts });
}
