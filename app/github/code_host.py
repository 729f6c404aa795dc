"""A repository on GitHub as a code host: everything over the API, nothing cloned, nothing executed."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from app.errors import BadInputError, GitHubNotFoundError, UnusableRepositoryError
from app.forge import PullRequestDraft
from app.github.api import RepositoryApi, parse
from app.github.branches import advance_branch, create_branch, find_branch
from app.github.entries import Entry, check_id, plan_entry
from app.github.objects import Objects
from app.github.pull_requests import GitHubPullRequests
from app.github.repositories import read_repository
from app.paths import check_path, select_paths
from app.ports import Branch, CommitRef, OpenProposal

_MAX_CHECKOUT_FILES = 2_000
_MAX_CHECKOUT_BYTES = 64 * 1024 * 1024


class GitHubCodeHost:
    """Implements `app.ports.CodeHost`; a checkout holds the files that `checkout` selects, by globs."""

    def __init__(self, api: RepositoryApi, *, checkout: Sequence[str]) -> None:
        self._api = api
        self._objects = Objects(api)
        self._checkout = tuple(checkout)
        self._default_name = ""

    def default_branch(self) -> Branch:
        """Return the default branch; its name is asked for once."""
        if not self._default_name:
            self._default_name = read_repository(self._api).default_branch
        found = self.branch(self._default_name)
        if found is None:
            raise UnusableRepositoryError(f"{self._api.full_name} has no commit yet")
        return found

    def check_ready(self) -> None:
        """Refuse an archived repository."""
        if read_repository(self._api).is_archived:
            raise UnusableRepositoryError(
                f"{self._api.full_name} is archived; unarchive it to have it improved"
            )

    def branch(self, name: str) -> Branch | None:
        """Return a branch as it is now."""
        return find_branch(self._api, name)

    def read_file(self, commit: str, path: str) -> bytes | None:
        """Return a file's bytes as committed."""
        entry = self._objects.entry(commit, path)
        return None if entry is None else self._objects.blob(entry.sha)

    def read_blob(self, blob: str) -> bytes:
        """Return a blob's bytes."""
        return self._objects.blob(blob)

    def blob_sha(self, commit: str, path: str) -> str | None:
        """Return the id of a file's content."""
        entry = self._objects.entry(commit, path)
        return None if entry is None else entry.sha

    def list_files(self, commit: str) -> tuple[str, ...]:
        """Return the paths of all plain files whose paths are safe to use, sorted."""
        return tuple(sorted(entry.path for entry in self._plain(commit)))

    def read_message(self, commit: str) -> str:
        """Return a commit's message."""
        return self._objects.commit(commit).message.rstrip("\n") + "\n"

    def first_parent(self, commit: str) -> str:
        """Return the commit that a commit was made on."""
        return self._objects.commit(commit).first_parent

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        """Make a commit through git's objects; GitHub names us as its author and signs it."""
        before = self._objects.entry(parent, path)
        after = plan_entry(before, path, content)
        commit = self._objects.make_commit(parent, after, content, message)
        return CommitRef(commit, parent, path, before.sha if before else None, after.sha)

    def land(self, branch: str, commit: CommitRef) -> None:
        """Move the branch forward; protection is GitHub's to enforce, and its refusal comes as `GitHubError`."""
        advance_branch(self._api, branch, expected=commit.parent, to=commit.commit)

    def settle(self, branch: str, commit: CommitRef) -> bool:
        """Tell whether the branch contains the commit; a landing is one request and never half done."""
        head = self.branch(branch)
        if head is None:
            return False
        try:
            path = f"/compare/{check_id(commit.commit)}...{head.commit}"
            found = parse(_WireComparison, self._api.read(path, {"per_page": 1}), "a comparison")
        except GitHubNotFoundError:
            return False
        return found.status in {"ahead", "identical"}

    def create_branch(self, name: str, at: str) -> Branch:
        """Create a branch."""
        return create_branch(self._api, name, at)

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        """Open a pull request to the default branch, or bring the open one up to date."""
        head = self.branch(branch)
        if head is None:
            raise BadInputError(f"there is no branch {branch!r} to propose")
        pull_requests = GitHubPullRequests(self._api)
        base = self.default_branch().name
        pull = pull_requests.open(PullRequestDraft(branch, base, title, body))
        if (pull.title, pull.body) != (title, body):
            pull = pull_requests.edit(pull.number, title=title, body=body)
        return OpenProposal(branch, head.commit, pull.url)

    @contextmanager
    def checkout(self, commit: str) -> Iterator[Path]:
        """Give a folder with the selected files, read blob by blob; nothing in it is meant to be run here."""
        wanted = self._select(commit)
        with tempfile.TemporaryDirectory(prefix="flujo-github-") as name:
            folder = Path(name).resolve()
            for entry in wanted:
                target = folder / entry.path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._objects.blob(entry.sha))
            yield folder

    def _plain(self, commit: str) -> Iterator[Entry]:
        entries = self._objects.entries(commit).values()
        return (entry for entry in entries if entry.is_plain and _is_safe(entry.path))

    def _select(self, commit: str) -> Sequence[Entry]:
        by_path = {entry.path: entry for entry in self._plain(commit)}
        wanted = [by_path[path] for path in select_paths(by_path, self._checkout)]
        size = sum(entry.size for entry in wanted)
        if len(wanted) > _MAX_CHECKOUT_FILES or size > _MAX_CHECKOUT_BYTES:
            raise UnusableRepositoryError(
                f"{self._api.full_name} has too many files a spec may refer to"
                f" ({len(wanted)} of them, {size:,} bytes) to be read through the API"
            )
        return wanted


class _WireComparison(BaseModel):
    status: str


def _is_safe(path: str) -> bool:
    try:
        check_path(path)
    except BadInputError:
        return False
    return True
