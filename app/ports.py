"""What the use cases ask of the outside world: a host of code, and somebody who runs a spec's tests."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch and the commit at its head."""

    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class CommitRef:
    """A commit that changes one file; on no branch until it lands. `blob_before` is None for a new file."""

    commit: str
    parent: str
    path: str
    blob_before: str | None
    blob_after: str


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A branch offered for review; `where` tells a person where to look at it."""

    branch: str
    commit: str
    where: str


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """What a spec's embedded tests said; `reasons` explain a failure, one line each."""

    __test__: ClassVar[bool] = False  # not a test class, whatever pytest thinks of the name

    passed: bool
    total: int = 0
    reasons: tuple[str, ...] = ()


RunTests = Callable[[Path], TestVerdict]
"""Runs the embedded tests of the spec in a checkout; raising counts as failing."""


class CodeHost(Protocol):
    """A repository we may read, and change only by single-file commits that land by compare-and-swap.

    Commits and blobs are named by their full hexadecimal ids, paths are relative with `/`. Every method may raise
    `GitError`, or `GitHubError` where the repository is on GitHub, and `PathError` for a path that isn't a plain file
    inside the repository.
    """

    def default_branch(self) -> Branch:
        """Return the branch that accepted changes go to; raises `UnusableRepositoryError` without one."""

    def check_ready(self) -> None:
        """Raise a `RepositoryError` that says what to do when nothing could be changed now."""

    def branch(self, name: str) -> Branch | None:
        """Return that branch."""

    def read_file(self, commit: str, path: str) -> bytes | None:
        """Return a file's bytes as committed, before any line-ending conversion."""

    def read_blob(self, blob: str) -> bytes:
        """Return the bytes of a blob."""

    def blob_sha(self, commit: str, path: str) -> str | None:
        """Return the id of a file's content."""

    def list_files(self, commit: str) -> tuple[str, ...]:
        """Return the paths of all plain files, sorted; links and submodules aren't plain files."""

    def read_message(self, commit: str) -> str:
        """Return a commit's message."""

    def first_parent(self, commit: str) -> str:
        """Return the commit that a commit was made on, `""` for the first of all; of a merge, where it was merged."""

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        """Make a commit that writes one file, on no branch yet; the file keeps its mode.

        Raises `BadInputError` when the file already holds `content`, `GitIdentityError` without an author.
        """

    def land(self, branch: str, commit: CommitRef) -> None:
        """Move `branch` from the commit's parent to the commit, or change nothing.

        Raises `LostRaceError` when the branch isn't at the parent, `DirtyRepositoryError` or `BusyRepositoryError` when
        somebody's work is in the way. After a `GitError`, `settle` tells what happened.
        """

    def settle(self, branch: str, commit: CommitRef) -> bool:
        """Finish a landing that was cut off, if it had begun; whether `branch` contains the commit now."""

    def create_branch(self, name: str, at: str) -> Branch:
        """Create a branch; one that already is there, at the same commit, will do.

        Raises `LostRaceError` when it exists elsewhere.
        """

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        """Offer a branch for review; a second time replaces title and body."""

    def checkout(self, commit: str) -> AbstractContextManager[Path]:
        """Give a fresh folder with the commit's files, removed at the end; from GitHub, those a spec can use."""
