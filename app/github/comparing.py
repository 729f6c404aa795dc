"""Compares two commits over the API. See https://docs.github.com/en/rest/commits/commits#compare-two-commits."""

from pydantic import BaseModel

from app.forge import Account, CommitFacts, Comparison
from app.github.api import RepositoryApi, in_path, parse
from app.github.wire import WireAccount, WireFile, to_account, to_file

_MAX_FILES = 300


def compare_commits(api: RepositoryApi, base: str, head: str) -> Comparison:
    """Return what `head` has that `base` doesn't."""
    path = f"/compare/{in_path(base)}...{in_path(head)}"
    found = parse(_WireComparison, api.read(path), "a comparison")
    return Comparison(
        merge_base=found.merge_base_commit.sha,
        ahead_by=found.ahead_by,
        behind_by=found.behind_by,
        files=tuple(to_file(file) for file in found.files),
        commits=tuple(_to_commit(commit) for commit in found.commits),
        is_complete=len(found.files) < _MAX_FILES and len(found.commits) == found.total_commits,
    )


class _WireMessage(BaseModel):
    message: str


class _WireCommit(BaseModel):
    sha: str
    commit: _WireMessage
    author: WireAccount | None = None
    committer: WireAccount | None = None


class _WireBase(BaseModel):
    sha: str


class _WireComparison(BaseModel):
    merge_base_commit: _WireBase
    ahead_by: int
    behind_by: int
    total_commits: int
    commits: tuple[_WireCommit, ...]
    files: tuple[WireFile, ...] = ()


def _to_commit(found: _WireCommit) -> CommitFacts:
    return CommitFacts(
        commit=found.sha,
        message=found.commit.message,
        author=_known(found.author),
        committer=_known(found.committer),
    )


def _known(account: WireAccount | None) -> Account | None:
    return None if account is None else to_account(account)
