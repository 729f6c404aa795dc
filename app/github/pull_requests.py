"""Pull requests over the API. See https://docs.github.com/en/rest/pulls/pulls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, JsonValue

from app.errors import GitHubRefusedError
from app.forge import (
    ChangedFile,
    MergeOutcome,
    MergeRequest,
    PullRequest,
    PullRequestDraft,
    PullRequestState,
)
from app.github.api import RepositoryApi, parse
from app.github.merging import merge_pull_request
from app.github.permissions import WRITE_PULL_REQUESTS
from app.github.wire import WireAccount, WireFile, WireLabel, to_account, to_file


@dataclass(frozen=True, slots=True)
class GitHubPullRequests:
    """Implements `app.forge.PullRequests`."""

    api: RepositoryApi

    def get(self, number: int) -> PullRequest:
        """Return one as it is now."""
        return read_pull_request(self.api.read(f"/pulls/{number}"))

    def find_open(self, head: str) -> PullRequest | None:
        """Return the open one from this branch."""
        query = {"state": "open", "head": f"{self.api.owner}:{head}"}
        found = (read_pull_request(item) for item in self.api.read_pages("/pulls", query))
        # GitHub ignores a `head` it can't read, and then lists everything.
        return next(
            (pull for pull in found if pull.head_branch == head and not pull.is_from_fork), None
        )

    def list_ours(self, prefix: str, *, since: datetime | None = None) -> tuple[PullRequest, ...]:
        """Return those from our branches, the latest change first."""
        state = "open" if since is None else "all"
        query = {"state": state, "sort": "updated", "direction": "desc"}
        found = (read_pull_request(item) for item in self.api.read_pages("/pulls", query))
        return tuple(
            pull
            for pull in _until(found, since)
            if pull.head_branch.startswith(prefix) and not pull.is_from_fork
        )

    def open(self, draft: PullRequestDraft) -> PullRequest:
        """Open one unless one is open from the same branch."""
        known = self.find_open(draft.head)
        if known is not None:
            return known
        body: JsonValue = {
            "title": draft.title,
            "head": draft.head,
            "base": draft.base,
            "body": draft.body,
            "maintainer_can_modify": False,
        }
        try:
            made = self.api.write("POST", "/pulls", body, scope=WRITE_PULL_REQUESTS)
        except GitHubRefusedError:
            known = self.find_open(draft.head)  # somebody was faster
            if known is None:
                raise
            return known
        return read_pull_request(made)

    def edit(
        self, number: int, *, title: str | None = None, body: str | None = None
    ) -> PullRequest:
        """Replace title or body."""
        changes: dict[str, JsonValue] = {"title": title, "body": body}
        return self._patch(number, {name: new for name, new in changes.items() if new is not None})

    def close(self, number: int) -> PullRequest:
        """Close it without merging."""
        return self._patch(number, {"state": "closed"})

    def merge(self, request: MergeRequest) -> MergeOutcome:
        """Merge exactly the commit that is named, or say why not."""
        return merge_pull_request(self.api, request, self.get)

    def list_files(self, number: int) -> tuple[ChangedFile, ...]:
        """Return the files it changes."""
        found = self.api.read_pages(f"/pulls/{number}/files")
        return tuple(to_file(parse(WireFile, item, "a pull request's files")) for item in found)

    def request_reviewers(
        self, number: int, *, users: tuple[str, ...] = (), teams: tuple[str, ...] = ()
    ) -> None:
        """Ask these for a review."""
        if users or teams:
            body: JsonValue = {"reviewers": list(users), "team_reviewers": list(teams)}
            path = f"/pulls/{number}/requested_reviewers"
            self.api.write("POST", path, body, scope=WRITE_PULL_REQUESTS)

    def _patch(self, number: int, changes: JsonValue) -> PullRequest:
        path = f"/pulls/{number}"
        return read_pull_request(self.api.write("PATCH", path, changes, scope=WRITE_PULL_REQUESTS))


def read_pull_request(answer: JsonValue) -> PullRequest:
    """Read a pull request as GitHub writes it, alone or in a list."""
    found = parse(_WirePullRequest, answer, "a pull request")
    teams = (f"{_owner(found)}/{team.slug}" for team in found.requested_teams)
    return PullRequest(
        number=found.number,
        state=_state(found),
        title=found.title,
        body=found.body or "",
        url=found.html_url,
        author=to_account(found.user),
        head_branch=found.head.ref,
        head_commit=found.head.sha,
        head_repository_id=found.head.repo.id if found.head.repo else None,
        base_branch=found.base.ref,
        base_commit=found.base.sha,
        base_repository_id=found.base.repo.id,
        is_draft=found.draft,
        labels=tuple(label.name for label in found.labels),
        reviewers=(*(user.login for user in found.requested_reviewers), *teams),
        created_at=found.created_at,
        updated_at=found.updated_at,
        is_mergeable=found.mergeable,
        merge_commit=found.merge_commit_sha or "" if _is_merged(found) else "",
        merged_by=to_account(found.merged_by) if found.merged_by else None,
    )


class _WireRepository(BaseModel):
    id: int
    full_name: str = ""


class _WireHead(BaseModel):
    ref: str
    sha: str
    repo: _WireRepository | None = None


class _WireBase(BaseModel):
    ref: str
    sha: str
    repo: _WireRepository


class _WireTeam(BaseModel):
    slug: str


class _WirePullRequest(BaseModel):
    number: int
    state: str
    title: str
    body: str | None = None
    html_url: str
    user: WireAccount | None = None
    head: _WireHead
    base: _WireBase
    draft: bool = False
    labels: tuple[WireLabel, ...] = ()
    requested_reviewers: tuple[WireAccount, ...] = ()
    requested_teams: tuple[_WireTeam, ...] = ()
    created_at: datetime
    updated_at: datetime
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    merged_by: WireAccount | None = None


def _owner(found: _WirePullRequest) -> str:
    return found.base.repo.full_name.partition("/")[0]


def _is_merged(found: _WirePullRequest) -> bool:
    return found.merged_at is not None


def _state(found: _WirePullRequest) -> PullRequestState:
    if _is_merged(found):
        return PullRequestState.MERGED
    return PullRequestState.OPEN if found.state == "open" else PullRequestState.CLOSED


def _until(found: Iterator[PullRequest], since: datetime | None) -> Iterator[PullRequest]:
    for pull in found:
        if since is not None and pull.updated_at <= since:
            return
        yield pull
