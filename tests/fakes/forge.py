"""A GitHub in memory, proved by the contract that the real client passes (`tests/e2e/test_forge.py`).

`FakeGitHub` is the repository with all that is in it; `as_app` and `as_person` give the forge that somebody sees.
Failures are ordered by name: `github.faults.fail("pull_requests.open", after=True)`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from app.errors import (
    GitHubError,
    GitHubNotFoundError,
    GitHubUnavailableError,
    LostRaceError,
)
from app.forge import (
    Account,
    BranchRules,
    CheckReport,
    CheckRun,
    Checks,
    Comment,
    Comments,
    CommitFacts,
    Comparison,
    Issue,
    Issues,
    Label,
    Labels,
    People,
    Permission,
    PullRequest,
    PullRequests,
    Reaction,
    Repository,
)
from app.github.branches import check_own
from app.ports import CodeHost, OpenProposal
from tests.fakes.code_host import FakeCodeHost
from tests.fakes.forge_checks import FakeChecks
from tests.fakes.forge_files import list_changes
from tests.fakes.forge_pulls import FakePullRequests
from tests.fakes.forge_threads import FakeComments, FakeIssues, FakeLabels

APP = Account(7, "flujo[bot]", is_bot=True)
ALICE, BOB, MALLORY = Account(1, "alice"), Account(2, "bob"), Account(3, "mallory")
_REPOSITORY = Repository(
    1, "acme/flows", "main", is_private=False, is_archived=False, is_fork=False
)
OUR_APP_ID, CI_APP_ID = 4242, 15368


@dataclass
class Faults:
    """Failures to come; `calls` lists what was called, in order."""

    calls: list[str] = field(default_factory=list)
    _waiting: list[tuple[str, int, bool, GitHubError]] = field(default_factory=list)

    def fail(
        self, name: str, *, nth: int = 1, after: bool = False, error: GitHubError | None = None
    ) -> None:
        """Let the n-th call of `name` from now on fail, before or after its effect; by default nobody answers."""
        self._waiting.append(
            (name, nth + self.calls.count(name), after, error or unavailable(name))
        )

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        self.calls.append(name)
        number = self.calls.count(name)
        due = [one for one in self._waiting if one[:2] == (name, number)]
        if due and not due[0][2]:
            raise due[0][3]
        result = act()
        if due:
            raise due[0][3]
        return result


def unavailable(name: str) -> GitHubError:
    return GitHubUnavailableError(name, 0, "no answer in time")


@dataclass
class FakeGitHub:
    """One repository and everything in it."""

    files: dict[str, bytes] = field(default_factory=dict)
    repository: Repository = _REPOSITORY
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    faults: Faults = field(default_factory=Faults)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, tuple[int, Comment]] = field(default_factory=dict)
    reactions: set[tuple[int, Reaction, int]] = field(default_factory=set)
    labels: dict[str, Label] = field(default_factory=dict)
    checks: dict[int, CheckRun] = field(default_factory=dict)
    annotations: dict[int, int] = field(default_factory=dict)
    reports: dict[int, CheckReport] = field(default_factory=dict)
    rules: dict[str, BranchRules] = field(default_factory=dict)
    permissions: dict[int, Permission] = field(default_factory=dict)
    logins: dict[str, int] = field(default_factory=dict)
    numbers: int = 0

    def __post_init__(self) -> None:
        self.code = FakeCodeHost(self.files)
        for account, permission in (
            (ALICE, Permission.ADMIN),
            (BOB, Permission.WRITE),
            (MALLORY, Permission.READ),
        ):
            self.permissions[account.id] = permission
            self.logins[account.login] = account.id

    def tick(self) -> datetime:
        """Let a second pass, so that every change has a time of its own."""
        self.now += timedelta(seconds=1)
        return self.now

    def next_number(self) -> int:
        self.numbers += 1
        return self.numbers

    def as_app(self) -> "FakeForge":
        return FakeForge(self, APP, OUR_APP_ID)

    def as_ci(self) -> "FakeForge":
        return FakeForge(self, Account(8, "github-actions[bot]", is_bot=True), CI_APP_ID)

    def as_person(self, account: Account = ALICE) -> "FakeForge":
        return FakeForge(self, account, None)


class _Flaky:
    """A part of the forge whose calls are counted, and fail when it was said so."""

    def __init__(self, part: object, name: str, faults: Faults) -> None:
        self._part, self._name, self._faults = part, name, faults

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._part, method)

        def call(*arguments: Any, **named: Any) -> Any:
            return self._faults.call(f"{self._name}.{method}", lambda: found(*arguments, **named))

        return call if callable(found) else found


class FakeForge:
    """Implements `app.forge.Forge`, as one account sees it."""

    def __init__(self, github: FakeGitHub, me: Account, app_id: int | None) -> None:
        self._github, self._me = github, me
        pulls = FakePullRequests(github, me)
        code = _ProposingCode(github.code, pulls)
        self.code = cast("CodeHost", _Flaky(code, "code", github.faults))
        self.pull_requests = cast("PullRequests", _Flaky(pulls, "pull_requests", github.faults))
        self.comments = cast("Comments", self._part(FakeComments(github, me), "comments"))
        self.issues = cast("Issues", self._part(FakeIssues(github, me), "issues"))
        self.labels = cast("Labels", self._part(FakeLabels(github), "labels"))
        self.checks = cast("Checks", self._part(FakeChecks(github, app_id), "checks"))
        self.people = cast("People", self._part(FakePeople(github, me), "people"))

    def repository(self) -> Repository:
        found = self._github.faults.call("repository", lambda: self._github.repository)
        return cast("Repository", found)

    def compare(self, base: str, head: str) -> Comparison:
        return cast(
            "Comparison", self._github.faults.call("compare", lambda: self._compare(base, head))
        )

    def branch_rules(self, branch: str) -> BranchRules:
        return cast(
            "BranchRules", self._github.faults.call("branch_rules", lambda: self._rules(branch))
        )

    def move_branch(self, name: str, *, expected: str, to: str) -> None:
        self._github.faults.call("move_branch", lambda: self._move(name, expected, to))

    def delete_branch(self, name: str, *, expected: str) -> None:
        self._github.faults.call("delete_branch", lambda: self._delete(name, expected))

    def _part(self, part: object, name: str) -> object:
        return _Flaky(part, name, self._github.faults)

    def _compare(self, base: str, head: str) -> Comparison:
        code = self._github.code
        here, there = (code.heads.get(name, name) for name in (base, head))
        ours, theirs = _ancestors(code, here), _ancestors(code, there)
        if not ours or not theirs:
            raise GitHubNotFoundError("compare", 404, "Not Found")
        merge_base = next(commit for commit in theirs if commit in ours)
        news = theirs[: theirs.index(merge_base)]
        return Comparison(
            merge_base=merge_base,
            ahead_by=len(news),
            behind_by=ours.index(merge_base),
            files=list_changes(code, merge_base, there),
            commits=tuple(
                CommitFacts(commit, code.commits[commit].message, None, None)
                for commit in reversed(news)
            ),
            is_complete=True,
        )

    def _rules(self, branch: str) -> BranchRules:
        if branch not in self._github.code.heads:
            raise GitHubNotFoundError("branch", 404, "Branch not found")
        return self._github.rules.get(branch, BranchRules(is_protected=False, is_known=True))

    def _move(self, name: str, expected: str, to: str) -> None:
        heads = self._github.code.heads
        if heads.get(check_own(name)) == to:
            return
        if heads.get(name) != expected:
            raise LostRaceError(name, expected=expected, actual=heads.get(name, ""))
        heads[name] = to

    def _delete(self, name: str, expected: str) -> None:
        heads = self._github.code.heads
        if check_own(name) not in heads:
            return
        if heads[name] != expected:
            raise LostRaceError(name, expected=expected, actual=heads[name])
        FakePullRequests(self._github, self._me).close_from(name)
        del heads[name]


class FakePeople:
    """Implements `app.forge.People`."""

    def __init__(self, github: FakeGitHub, me: Account) -> None:
        self._github, self._me = github, me

    def me(self) -> Account:
        return self._me

    def find(self, account_id: int) -> Account | None:
        found = (login for login, number in self._github.logins.items() if number == account_id)
        return next((Account(account_id, login) for login in found), None)

    def permission(self, account: Account) -> Permission:
        if self._github.logins.get(account.login) != account.id:
            return Permission.NONE
        return self._github.permissions.get(account.id, Permission.NONE)


class _ProposingCode:
    """The code host, whose proposals are pull requests here."""

    def __init__(self, code: FakeCodeHost, pulls: FakePullRequests) -> None:
        self._code, self._pulls = code, pulls

    def __getattr__(self, method: str) -> Any:
        return getattr(self._code, method)

    def propose(self, branch: str, title: str, body: str) -> OpenProposal:
        return self._pulls.propose(branch, title, body)


def _ancestors(code: FakeCodeHost, commit: str) -> list[str]:
    found: list[str] = []
    at: str | None = commit
    while at is not None and at in code.commits:
        found.append(at)
        at = code.commits[at].parent
    return found
