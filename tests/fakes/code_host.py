"""A code host in memory, proved by the contract that the real one passes (`tests/app/test_code_host.py`)."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import BadInputError, LostRaceError, PathError
from app.paths import check_path
from app.ports import Branch, CommitRef, OpenProposal


@dataclass(frozen=True)
class _Commit:
    files: Mapping[str, bytes]
    message: str
    parent: str | None


@dataclass
class FakeCodeHost:
    """Commits are dictionaries; `landed` lists what moved a branch, in order."""

    files: Mapping[str, bytes]
    links: frozenset[str] = frozenset()
    default: str = "main"
    commits: dict[str, _Commit] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    landed: list[str] = field(default_factory=list)
    proposals: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.heads[self.default] = self._store(_Commit(dict(self.files), "Start", None))

    def default_branch(self) -> Branch:
        return Branch(self.default, self.heads[self.default])

    def check_ready(self) -> None:
        return

    def branch(self, name: str) -> Branch | None:
        return Branch(name, self.heads[name]) if name in self.heads else None

    def read_file(self, commit: str, path: str) -> bytes | None:
        check_path(path)
        if path in self.links:
            raise PathError(path, "is a symbolic link")
        files = self.commits[commit].files
        if any(name.startswith(path + "/") for name in files):
            raise PathError(path, "is a folder")
        return files.get(path)

    def read_blob(self, blob: str) -> bytes:
        return self.blobs[blob]

    def blob_sha(self, commit: str, path: str) -> str | None:
        content = self.read_file(commit, path)
        return None if content is None else self.hash_blob(content)

    def list_files(self, commit: str) -> tuple[str, ...]:
        return tuple(sorted(set(self.commits[commit].files) - self.links))

    def read_message(self, commit: str) -> str:
        return self.commits[commit].message

    def first_parent(self, commit: str) -> str:
        return self.commits[commit].parent or ""

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        before = self.blob_sha(parent, path)
        after = self.hash_blob(content)
        if before == after:
            raise BadInputError(f"{path!r} already has this content")
        files = {**self.commits[parent].files, path: content}
        commit = self._store(_Commit(files, message, parent))
        return CommitRef(commit, parent, path, before, after)

    def land(self, branch: str, commit: CommitRef) -> None:
        actual = self.heads.get(branch, "")
        if actual != commit.parent:
            raise LostRaceError(branch, expected=commit.parent, actual=actual)
        self.heads[branch] = commit.commit
        self.landed.append(commit.commit)

    def settle(self, branch: str, commit: CommitRef) -> bool:
        at: str | None = self.heads.get(branch)
        while at is not None and at != commit.commit:
            at = self.commits[at].parent
        return at is not None

    def create_branch(self, name: str, at: str) -> Branch:
        if not name or name.startswith("/") or ".." in name or " " in name:
            raise BadInputError(f"{name!r} can't be the name of a branch")
        if self.heads.setdefault(name, at) != at:
            raise LostRaceError(name, expected=at, actual=self.heads[name])
        return Branch(name, at)

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        if branch not in self.heads:
            raise BadInputError(f"there is no branch {branch!r} to propose")
        self.proposals[branch] = (title, body)
        return OpenProposal(branch, self.heads[branch], f"fake:{branch}")

    @contextmanager
    def checkout(self, commit: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as name:
            for path, content in self.commits[commit].files.items():
                target = Path(name) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            yield Path(name)

    def commit_elsewhere(self, path: str, content: bytes) -> str:
        """Commit to the default branch as somebody else would."""
        ref = self.prepare_commit(
            parent=self.heads[self.default], path=path, content=content, message="By hand"
        )
        self.heads[self.default] = ref.commit
        return ref.commit

    def store(self, files: Mapping[str, bytes], message: str, parent: str) -> str:
        """Make a commit that is on no branch; return its id."""
        return self._store(_Commit(files, message, parent))

    def _store(self, commit: _Commit) -> str:
        for content in commit.files.values():
            self.hash_blob(content)
        facts = repr((sorted(commit.files.items()), commit.message, commit.parent))
        name = hashlib.sha1(facts.encode(), usedforsecurity=False).hexdigest()
        self.commits[name] = commit
        return name

    def hash_blob(self, content: bytes) -> str:
        header = f"blob {len(content)}\0".encode()
        name = hashlib.sha1(header + content, usedforsecurity=False).hexdigest()
        self.blobs[name] = content
        return name
