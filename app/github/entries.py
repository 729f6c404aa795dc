"""Entries of a git tree, and the ids of objects."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import BadInputError, PathError
from app.paths import check_path

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
    """One entry of a commit's tree; `size` is 0 for what isn't a file."""

    mode: str
    sha: str
    path: str
    size: int

    @property
    def is_plain(self) -> bool:
        """Whether it is a file, and not a link, a folder or a submodule."""
        return self.mode in _PLAIN_MODES


def hash_blob(content: bytes) -> str:
    """Return the id git gives to this content."""
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def find_entry(entries: Mapping[str, Entry], path: str) -> Entry | None:
    """Return the plain file at `path`; raises `PathError` when it, or a folder above it, is anything else."""
    check_path(path)
    found = entries.get(path)
    if found is None:
        _check_parents(entries, path)
    elif not found.is_plain:
        raise PathError(path, _OTHER_MODES.get(found.mode, "isn't a plain file"))
    return found


def plan_entry(before: Entry | None, path: str, content: bytes) -> Entry:
    """Return the entry that writes `content`; a file that is there keeps its mode.

    Raises `BadInputError` when it has that content already.
    """
    sha = hash_blob(content)
    if before is not None and before.sha == sha:
        raise BadInputError(f"{path!r} already has this content; there is nothing to commit")
    return Entry(before.mode if before else _NEW_FILE_MODE, sha, path, len(content))


def check_id(identifier: str) -> str:
    """Return a full object id as it is; raises `BadInputError` for anything else."""
    if not _ID.fullmatch(identifier):
        raise BadInputError(f"{identifier[:80]!r} isn't a full commit or blob id")
    return identifier


def _check_parents(entries: Mapping[str, Entry], path: str) -> None:
    parts = path.split("/")[:-1]
    for length in range(1, len(parts) + 1):
        folder = "/".join(parts[:length])
        found = entries.get(folder)
        if found is None:
            return
        if found.mode != "040000":
            reason = _OTHER_MODES.get(found.mode, "is a file, not a folder")
            raise PathError(path, f"lies in {folder!r}, which {reason}")
