"""Pull requests of one repository: what they are, and how they are opened, kept up to date and merged."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.forge.commits import ChangedFile
from app.forge.people import Account


class PullRequestState(StrEnum):
    """Where a pull request is in its life."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as GitHub tells it now.

    `head_repository_id` is None when the fork it came from is gone. `is_mergeable` is None while GitHub doesn't know,
    and always so in lists. `merge_commit` is `""` until it is merged.
    """

    number: int
    state: PullRequestState
    title: str
    body: str
    url: str
    author: Account
    head_branch: str
    head_commit: str
    head_repository_id: int | None
    base_branch: str
    base_commit: str
    base_repository_id: int
    is_draft: bool
    labels: tuple[str, ...]
    reviewers: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    is_mergeable: bool | None = None
    merge_commit: str = ""
    merged_by: Account | None = None

    @property
    def is_from_fork(self) -> bool:
        """Whether its commits come from another repository, or one that is gone."""
        return self.head_repository_id != self.base_repository_id


@dataclass(frozen=True, slots=True)
class PullRequestDraft:
    """What to open; `head` is a branch of the same repository."""

    head: str
    base: str
    title: str
    body: str


class MergeMethod(StrEnum):
    """How commits get to the base branch."""

    MERGE = "merge"
    SQUASH = "squash"
    REBASE = "rebase"


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """What to merge: this very head commit or nothing."""

    number: int
    head_commit: str
    title: str
    message: str
    method: MergeMethod = MergeMethod.SQUASH


class MergeKind(StrEnum):
    """What became of a merge; only MERGED changed anything."""

    MERGED = "merged"
    HEAD_MOVED = "head moved"
    BASE_MOVED = "base moved"
    NOT_MERGEABLE = "not mergeable"
    BLOCKED = "blocked"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """What became of a merge, the commit it made on the base branch, and GitHub's own words if it refused."""

    kind: MergeKind
    commit: str = ""
    reason: str = ""


class PullRequests(Protocol):
    """The pull requests of one repository. Writes may be repeated: a second time changes nothing more."""

    def get(self, number: int) -> PullRequest:
        """Return one as it is now; raises `GitHubNotFoundError`."""

    def find_open(self, head: str) -> PullRequest | None:
        """Return the open one from this branch of the same repository."""

    def list_ours(self, prefix: str, *, since: datetime | None = None) -> tuple[PullRequest, ...]:
        """Return those from branches of the same repository that begin with `prefix`, the latest change first.

        Without `since` only open ones; with it, also closed and merged ones that changed after it.
        """

    def open(self, draft: PullRequestDraft) -> PullRequest:
        """Open one, or return the one that is open from the same branch, as it is.

        Raises `GitHubRefusedError` when the branch is missing or has nothing new.
        """

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None
    ) -> PullRequest:
        """Replace title or body."""

    def close(self, number: int) -> PullRequest:
        """Close it without merging."""

    def merge(self, request: MergeRequest) -> MergeOutcome:
        """Merge exactly the commit that is named, or say why not; having been merged at that commit already will do."""

    def list_files(self, number: int) -> tuple[ChangedFile, ...]:
        """Return the files it changes, in GitHub's order; at most 3,000 of them."""

    def request_reviewers(
        self, number: int, *, users: tuple[str, ...] = (), teams: tuple[str, ...] = ()
    ) -> None:
        """Ask these for a review, besides those already asked; raises `GitHubRefusedError` for people who can't."""
