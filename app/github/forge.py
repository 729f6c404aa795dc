"""One repository on GitHub: the parts of the forge, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from app.forge import Account, BranchRules, Comparison, Repository
from app.github.api import RepositoryApi
from app.github.branches import delete_branch, force_branch
from app.github.checks import GitHubChecks
from app.github.code_host import GitHubCodeHost
from app.github.comments import GitHubComments
from app.github.comparing import compare_commits
from app.github.issues import GitHubIssues
from app.github.labels import GitHubLabels
from app.github.people import GitHubPeople
from app.github.protection import read_branch_rules
from app.github.pull_requests import GitHubPullRequests
from app.github.repositories import read_repository

CHECKOUT = ("**/*.yaml", "**/*.yml", "**/*.json", "**/*.md", "**/*.txt", "**/*.j2")
"""What a spec may refer to: specs, prompts, schemas. No code: nothing is run where this is read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are; `app_id` is None for a person's token. Both may ask GitHub the first time."""

    me: Callable[[], Account]
    app_id: Callable[[], int | None]


class GitHubForge:
    """Implements `app.forge.Forge`."""

    def __init__(self, api: RepositoryApi, identity: Identity) -> None:
        self._api = api
        self.code = GitHubCodeHost(api, checkout=CHECKOUT)
        self.pull_requests = GitHubPullRequests(api)
        self.comments = GitHubComments(api, identity.me)
        self.issues = GitHubIssues(api, identity.me)
        self.labels = GitHubLabels(api)
        self.checks = GitHubChecks(api, identity.app_id)
        self.people = GitHubPeople(api, identity.me)

    def repository(self) -> Repository:
        """Return what the repository is called and how it stands now."""
        return read_repository(self._api)

    def compare(self, base: str, head: str) -> Comparison:
        """Return what `head` has that `base` doesn't."""
        return compare_commits(self._api, base, head)

    def branch_rules(self, branch: str) -> BranchRules:
        """Return what is demanded of changes to a branch."""
        return read_branch_rules(self._api, branch)

    def move_branch(self, name: str, *, expected: str, to: str) -> None:
        """Put one of our own branches elsewhere, by force."""
        force_branch(self._api, name, expected=expected, to=to)

    def delete_branch(self, name: str, *, expected: str) -> None:
        """Delete one of our own branches."""
        delete_branch(self._api, name, expected=expected)
