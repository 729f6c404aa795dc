"""Reads files out of commits, and makes commits that are on no branch yet; no work tree is touched."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.adapters.git.command import Git
from app.errors import BadInputError, GitError, GitIdentityError, PathError
from app.paths import check_path
from app.ports import CommitRef

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NEW_FILE_MODE = "100644"
_PLAIN_MODES = frozenset({_NEW_FILE_MODE, "100755", "100664"})
_OTHER_MODES = {
    "040000": "is a folder",
    "120000": "is a symbolic link; Flujo only changes plain files",
    "160000": "is a submodule; run Flujo inside it",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain file of a commit."""

    mode: str
    blob: str
    path: str


def check_id(identifier: str) -> str:
    """Return a full object id as it is; raises `BadInputError` for anything else."""
    if not _ID.fullmatch(identifier):
        raise BadInputError(f"{identifier[:80]!r} isn't a full commit or blob id")
    return identifier


def find_entry(git: Git, commit: str, path: str) -> Entry | None:
    """Return the plain file at `path`; raises `PathError` when it, or a folder above it, is anything else."""
    check_path(path)
    found = _read_tree(git, commit, path)
    if found is None:
        _check_parents(git, commit, path)
        return None
    if found.mode not in _PLAIN_MODES:
        raise PathError(path, _OTHER_MODES.get(found.mode, "isn't a plain file"))
    return found


def list_entries(git: Git, commit: str) -> tuple[Entry, ...]:
    """Return all plain files of a commit whose paths are safe to use, sorted by path."""
    output = git.run("ls-tree", "-r", "-z", "--full-tree", check_id(commit))
    entries = (_parse_entry(line) for line in output.split(b"\0") if line)
    plain = (entry for entry in entries if entry.mode in _PLAIN_MODES and _is_safe(entry.path))
    return tuple(sorted(plain, key=lambda entry: entry.path))


def read_blob(git: Git, blob: str) -> bytes:
    """Return a blob's bytes."""
    return git.run("cat-file", "blob", check_id(blob))


def make_commit(git: Git, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
    """Make the commit object `CodeHost.prepare_commit` describes; the bytes pass no filter."""
    before = find_entry(git, parent, path)
    blob = git.line("hash-object", "-w", "--stdin", "--no-filters", stdin=content)
    if before is not None and before.blob == blob:
        raise BadInputError(f"{path!r} already has this content; there is nothing to commit")
    after = Entry(before.mode if before else _NEW_FILE_MODE, blob, path)
    commit = _commit_tree(git, _write_tree(git, parent, after), parent, message)
    return CommitRef(commit, parent, path, before.blob if before else None, blob)


def _write_tree(git: Git, parent: str, entry: Entry) -> str:
    """Return the parent's tree with one entry replaced, through an index of its own."""
    with tempfile.TemporaryDirectory(prefix="flujo-index-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.run("read-tree", parent, extra=index)
        cacheinfo = f"{entry.mode},{entry.blob},{entry.path}"
        git.run("update-index", "--add", "--cacheinfo", cacheinfo, extra=index)
        return git.line("write-tree", extra=index)


def _commit_tree(git: Git, tree: str, parent: str, message: str) -> str:
    made = git.attempt("commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode())
    if made.code == 0:
        return made.output.decode().strip()
    check_identity(git)
    raise GitError("commit-tree", made.complaint)


def check_identity(git: Git) -> None:
    """Raise `GitIdentityError` when git doesn't know whom to name as author and committer."""
    identities = ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
    if any(git.attempt("var", identity).code != 0 for identity in identities):
        raise GitIdentityError


def _read_tree(git: Git, commit: str, path: str) -> Entry | None:
    output = git.run("ls-tree", "-z", "--full-tree", check_id(commit), "--", path)
    return _parse_entry(output.rstrip(b"\0")) if output else None


def _parse_entry(line: bytes) -> Entry:
    facts, _, path = line.partition(b"\t")
    mode, _, blob = facts.decode().split(" ")
    return Entry(mode, blob, path.decode(errors="surrogateescape"))


def _check_parents(git: Git, commit: str, path: str) -> None:
    parts = path.split("/")[:-1]
    for length in range(1, len(parts) + 1):
        folder = "/".join(parts[:length])
        found = _read_tree(git, commit, folder)
        if found is None:
            return
        if found.mode != "040000":
            reason = _OTHER_MODES.get(found.mode, "is a file, not a folder")
            raise PathError(path, f"lies in {folder!r}, which {reason}")


def _is_safe(path: str) -> bool:
    try:
        check_path(path)
    except PathError:
        return False
    return True
