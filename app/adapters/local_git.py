"""A git repository on this machine as a code host: the whole loop runs without an account anywhere."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from app.adapters.git.checkouts import clear_checkouts, open_checkout
from app.adapters.git.landing import land_commit, settle_landing
from app.adapters.git.objects import (
    check_id,
    check_identity,
    find_entry,
    list_entries,
    make_commit,
    read_blob,
)
from app.adapters.git.repository import find_common_dir, find_default_branch, find_head, open_git
from app.adapters.git.worktrees import check_unchanged, find_worktree
from app.errors import BadInputError, LostRaceError
from app.ports import Branch, CommitRef, OpenProposal


class LocalGitRepository:
    """Implements `app.ports.CodeHost` with the `git` command (2.36 or later).

    Opening clears away checkouts of processes that died; raises `UnusableRepositoryError`.
    """

    def __init__(self, path: Path, *, environ: Mapping[str, str] | None = None) -> None:
        self._git = open_git(path, os.environ if environ is None else environ)
        self.state_folder = find_common_dir(self._git) / "flujo"
        clear_checkouts(self._git)

    @property
    def folder(self) -> Path:
        """The top of the work tree it was opened in."""
        return self._git.folder

    def default_branch(self) -> Branch:
        """Return origin's default branch, else git's own, else `main`, `master`, else the current one."""
        return find_default_branch(self._git)

    def check_ready(self) -> None:
        """Refuse uncommitted changes where the default branch is checked out, and a git without an identity."""
        check_identity(self._git)
        worktree = find_worktree(self._git, find_default_branch(self._git).name)
        if worktree is not None:
            check_unchanged(self._git.at(worktree))

    def branch(self, name: str) -> Branch | None:
        """Return a local branch."""
        commit = find_head(self._git, name)
        return Branch(name, commit) if commit else None

    def read_file(self, commit: str, path: str) -> bytes | None:
        """Return a file's bytes as committed."""
        entry = find_entry(self._git, commit, path)
        return read_blob(self._git, entry.blob) if entry else None

    def read_blob(self, blob: str) -> bytes:
        """Return a blob's bytes."""
        return read_blob(self._git, blob)

    def blob_sha(self, commit: str, path: str) -> str | None:
        """Return the id of a file's content."""
        entry = find_entry(self._git, commit, path)
        return entry.blob if entry else None

    def list_files(self, commit: str) -> tuple[str, ...]:
        """Return the paths of all plain files, sorted."""
        return tuple(entry.path for entry in list_entries(self._git, commit))

    def read_message(self, commit: str) -> str:
        """Return a commit's message."""
        message = self._git.run("log", "-1", "--format=%B", check_id(commit))
        return message.decode(errors="replace").rstrip("\n") + "\n"

    def first_parent(self, commit: str) -> str:
        """Return the commit that a commit was made on."""
        parents = self._git.run("log", "-1", "--format=%P", check_id(commit)).decode().split()
        return parents[0] if parents else ""

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        """Make a commit object with plumbing; neither index nor work tree is touched."""
        return make_commit(self._git, parent=parent, path=path, content=content, message=message)

    def land(self, branch: str, commit: CommitRef) -> None:
        """Fast-forward the work tree where the branch is checked out, else move the ref."""
        land_commit(self._git, branch, commit)

    def settle(self, branch: str, commit: CommitRef) -> bool:
        """Finish a landing that was cut off, if it had begun."""
        return settle_landing(self._git, branch, commit)

    def create_branch(self, name: str, at: str) -> Branch:
        """Create a local branch."""
        if self._git.attempt("check-ref-format", f"refs/heads/{name}").code != 0:
            raise BadInputError(f"{name!r} can't be the name of a branch")
        made = self._git.attempt("update-ref", f"refs/heads/{name}", check_id(at), "0" * len(at))
        actual = find_head(self._git, name) or ""
        if made.code != 0 and actual != at:
            raise LostRaceError(name, expected=at, actual=actual)
        return Branch(name, at)

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        """Write title and body to a Markdown file beside git's own, where no work tree has it as a change."""
        commit = find_head(self._git, branch)
        if commit is None:
            raise BadInputError(f"there is no branch {branch!r} to propose")
        page = self.state_folder / "proposals" / f"{branch.replace('/', '__')}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"# {title}\n\n{body}", encoding="utf-8")
        return OpenProposal(branch, commit, str(page))

    def checkout(self, commit: str) -> AbstractContextManager[Path]:
        """Give the commit's files in a temporary work tree."""
        return open_checkout(self._git, commit)
