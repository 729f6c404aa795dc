"""One repository on GitHub, as the App sees it."""

from dataclasses import dataclass
from typing import Protocol

from app.forge.checks import Checks
from app.forge.commits import Comparison
from app.forge.people import People
from app.forge.protection import BranchRules
from app.forge.pull_requests import PullRequests
from app.forge.threads import Comments, Issues, Labels
from app.ports import CodeHost


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it is now; `id` stays when it is renamed or transferred."""

    id: int
    full_name: str
    default_branch: str
    is_private: bool
    is_archived: bool
    is_fork: bool

    @property
    def owner(self) -> str:
        """The account it belongs to now."""
        return self.full_name.partition("/")[0]


class Forge(Protocol):
    """One repository. Every method, here and in the parts, may raise a `GitHubError`.

    After a `GitHubUnavailableError` from a write nobody knows whether it happened: ask again, writes may be repeated.
    """

    @property
    def code(self) -> CodeHost:
        """Files, commits and branches."""

    @property
    def pull_requests(self) -> PullRequests:
        """Pull requests."""

    @property
    def comments(self) -> Comments:
        """Comments on issues and pull requests."""

    @property
    def issues(self) -> Issues:
        """Issues."""

    @property
    def labels(self) -> Labels:
        """Labels."""

    @property
    def checks(self) -> Checks:
        """Check runs."""

    @property
    def people(self) -> People:
        """Who may do what."""

    def repository(self) -> Repository:
        """Return what the repository is called and how it stands now."""

    def compare(self, base: str, head: str) -> Comparison:
        """Return what `head` has that `base` doesn't; both are commits or branches."""

    def branch_rules(self, branch: str) -> BranchRules:
        """Return what is demanded of changes to a branch; raises `GitHubNotFoundError`."""

    def move_branch(self, name: str, *, expected: str, to: str) -> None:
        """Put one of our own branches elsewhere, by force, unless somebody moved it; being there already will do.

        Raises `LostRaceError` when it isn't at `expected`, `BadInputError` for a branch that isn't under `flujo/`.
        """

    def delete_branch(self, name: str, *, expected: str) -> None:
        """Delete one of our own branches, unless somebody moved it; one that is gone will do.

        Raises what `move_branch` raises.
        """
