"""Git's objects over the API: commits, trees and blobs, which never change and are therefore read once.

See https://docs.github.com/en/rest/git.
"""

import base64
import binascii
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from app.errors import GitHubUnavailableError, UnusableRepositoryError
from app.github.api import RepositoryApi, parse
from app.github.entries import Entry, check_id, find_entry, hash_blob
from app.github.permissions import WRITE_CONTENTS

_KEPT_BYTES = 32 * 1024 * 1024

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit and the tree it shows."""

    sha: str
    tree: str
    message: str
    first_parent: str = ""


class Objects:
    """Reads and makes git objects of one repository; remembers at most 32 MiB of what it read."""

    def __init__(self, api: RepositoryApi) -> None:
        self._api = api
        self._kept: dict[Hashable, object] = {}
        self._kept_bytes = 0

    def commit(self, sha: str) -> Commit:
        """Return a commit; raises `GitHubNotFoundError`."""
        return self._keep(("commit", sha), 1_000, lambda: self._read_commit(sha))

    def entries(self, commit: str) -> dict[str, Entry]:
        """Return everything in a commit by path; raises `UnusableRepositoryError` when there is too much of it."""
        return self._keep(("tree", commit), 1_000_000, lambda: self._read_tree(commit))

    def entry(self, commit: str, path: str) -> Entry | None:
        """Return the plain file at `path`; raises `PathError` when it, or a folder above it, is anything else."""
        return find_entry(self.entries(commit), path)

    def blob(self, sha: str) -> bytes:
        """Return a blob's bytes, checked against its id."""
        known = self._kept.get(("blob", sha))
        if isinstance(known, bytes):
            return known
        content = self._read_blob(check_id(sha))
        return self._keep(("blob", sha), len(content), lambda: content)

    def make_commit(self, parent: str, entry: Entry, content: bytes, message: str) -> str:
        """Make a commit that writes one file, on no branch; return its id. GitHub signs it as ours."""
        self._api.write(
            "POST",
            "/git/blobs",
            {"content": base64.b64encode(content).decode(), "encoding": "base64"},
            scope=WRITE_CONTENTS,
        )
        item: JsonValue = {
            "path": entry.path,
            "mode": entry.mode,
            "type": "blob",
            "sha": entry.sha,
        }
        tree = self._make("/git/trees", {"base_tree": self.commit(parent).tree, "tree": [item]})
        return self._make("/git/commits", {"message": message, "tree": tree, "parents": [parent]})

    def _make(self, path: str, body: JsonValue) -> str:
        return parse(_WireMade, self._api.write("POST", path, body, scope=WRITE_CONTENTS), path).sha

    def _read_commit(self, sha: str) -> Commit:
        found = parse(_WireCommit, self._api.read(f"/git/commits/{check_id(sha)}"), "a commit")
        first = found.parents[0].sha if found.parents else ""
        return Commit(found.sha, found.tree.sha, found.message, first)

    def _read_tree(self, commit: str) -> dict[str, Entry]:
        # Git takes a commit for its tree, and so does GitHub; that spares a request.
        path = f"/git/trees/{check_id(commit)}"
        found = parse(_WireTree, self._api.read(path, {"recursive": "1"}), "a tree")
        if found.truncated:
            raise UnusableRepositoryError(
                f"{self._api.full_name} has more files than GitHub lists at once (100,000);"
                " Flujo can't work on it through the API"
            )
        return {
            item.path: Entry(item.mode, item.sha, item.path, item.size or 0) for item in found.tree
        }

    def _read_blob(self, sha: str) -> bytes:
        found = parse(_WireBlob, self._api.read(f"/git/blobs/{sha}"), "a blob")
        try:
            content = base64.b64decode(found.content)
        except binascii.Error as error:
            raise GitHubUnavailableError(f"GET /git/blobs/{sha}", 200, "it is cut off") from error
        if hash_blob(content) != sha and len(sha) == 40:
            raise GitHubUnavailableError(f"GET /git/blobs/{sha}", 200, "it is another one")
        return content

    def _keep(self, key: Hashable, size: int, read: Callable[[], Kept]) -> Kept:
        known = self._kept.get(key)
        if known is not None:
            return known  # type: ignore[return-value] # a key is only ever used with one kind
        made = read()
        if self._kept_bytes + size > _KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0
        self._kept[key] = made
        self._kept_bytes += size
        return made


class _WireMade(BaseModel):
    sha: str


class _WireCommit(BaseModel):
    sha: str
    message: str
    tree: _WireMade
    parents: tuple[_WireMade, ...] = ()


class _WireItem(BaseModel):
    path: str
    mode: str
    sha: str
    size: int | None = None


class _WireTree(BaseModel):
    tree: tuple[_WireItem, ...]
    truncated: bool = False


class _WireBlob(BaseModel):
    content: str
    encoding: str
