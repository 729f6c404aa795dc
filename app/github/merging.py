"""Merges a pull request at one very commit, and finds out what a refusal means.

See https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request: 409 when the head isn't the one named, 405 for
everything else that stands in the way. Which of these it is, the pull request itself tells better than GitHub's words.
"""

from collections.abc import Callable

from pydantic import BaseModel, JsonValue

from app.errors import GitHubConflictError, GitHubRefusedError
from app.forge import MergeKind, MergeOutcome, MergeRequest, PullRequest, PullRequestState
from app.github.api import RepositoryApi, parse
from app.github.permissions import WRITE_CONTENTS

_BASE_MOVED = "base branch was modified"


def merge_pull_request(
    api: RepositoryApi, request: MergeRequest, get: Callable[[int], PullRequest]
) -> MergeOutcome:
    """Do what `PullRequests.merge` describes; the state is read again before anything is done."""
    before = _judge(get(request.number), request)
    if before is not None:
        return before
    body: JsonValue = {
        "sha": request.head_commit,
        "merge_method": request.method.value,
        "commit_title": request.title,
        "commit_message": request.message,
    }
    path = f"/pulls/{request.number}/merge"
    try:
        done = parse(_WireMerge, api.write("PUT", path, body, scope=WRITE_CONTENTS), "a merge")
    except (GitHubConflictError, GitHubRefusedError) as error:
        return _explain(error, get(request.number), request)
    return MergeOutcome(MergeKind.MERGED, done.sha)


class _WireMerge(BaseModel):
    sha: str


def _judge(pull: PullRequest, request: MergeRequest) -> MergeOutcome | None:
    """Return what the pull request's own state decides; None leaves it to GitHub."""
    is_same = pull.head_commit == request.head_commit
    if pull.state is PullRequestState.MERGED and is_same:
        return MergeOutcome(MergeKind.MERGED, pull.merge_commit, "it was merged before")
    if pull.state is not PullRequestState.OPEN:
        return MergeOutcome(MergeKind.CLOSED, reason=f"it is {pull.state.value}")
    if not is_same:
        return MergeOutcome(MergeKind.HEAD_MOVED, reason=f"its head is {pull.head_commit[:12]}")
    if pull.is_draft:
        return MergeOutcome(MergeKind.BLOCKED, reason="it is a draft")
    return None


def _explain(
    error: GitHubConflictError | GitHubRefusedError, pull: PullRequest, request: MergeRequest
) -> MergeOutcome:
    found = _judge(pull, request)
    if found is not None:
        return found
    if error.status == 409:  # a stale read of ours: GitHub knows of another head
        return MergeOutcome(MergeKind.HEAD_MOVED, reason=error.detail)
    if _BASE_MOVED in error.detail.lower():
        return MergeOutcome(MergeKind.BASE_MOVED, reason=error.detail)
    if pull.is_mergeable is False:
        return MergeOutcome(MergeKind.NOT_MERGEABLE, reason=error.detail)
    return MergeOutcome(MergeKind.BLOCKED, reason=error.detail)
