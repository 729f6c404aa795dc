"""A code host that passes everything on to another; tests override the call they want to disturb."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from app.ports import Branch, CodeHost, CommitRef, OpenProposal


@dataclass
class DelegatingHost:
    """Changes nothing by itself."""

    host: CodeHost

    def default_branch(self) -> Branch:
        return self.host.default_branch()

    def check_ready(self) -> None:
        self.host.check_ready()

    def branch(self, name: str) -> Branch | None:
        return self.host.branch(name)

    def read_file(self, commit: str, path: str) -> bytes | None:
        return self.host.read_file(commit, path)

    def read_blob(self, blob: str) -> bytes:
        return self.host.read_blob(blob)

    def blob_sha(self, commit: str, path: str) -> str | None:
        return self.host.blob_sha(commit, path)

    def list_files(self, commit: str) -> tuple[str, ...]:
        return self.host.list_files(commit)

    def read_message(self, commit: str) -> str:
        return self.host.read_message(commit)

    def first_parent(self, commit: str) -> str:
        return self.host.first_parent(commit)

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        return self.host.prepare_commit(parent=parent, path=path, content=content, message=message)

    def land(self, branch: str, commit: CommitRef) -> None:
        self.host.land(branch, commit)

    def settle(self, branch: str, commit: CommitRef) -> bool:
        return self.host.settle(branch, commit)

    def create_branch(self, name: str, at: str) -> Branch:
        return self.host.create_branch(name, at)

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        return self.host.propose(branch, title, body)

    def checkout(self, commit: str) -> AbstractContextManager[Path]:
        return self.host.checkout(commit)
