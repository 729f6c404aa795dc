"""Errors of the application, and the one list of those that people are told of without a traceback.

AppError
├── BadInputError               what was given can't be used
│   ├── SettingsError           `.github/flujo.yml`; carries `path`, `line`, `column` (0: unknown)
│   └── PathError               not a plain file inside the repository; carries `path`
├── RepositoryError             the repository can't be worked on as it is
│   ├── UnusableRepositoryError     no repository, bare, without commits, without a branch
│   ├── DirtyRepositoryError        uncommitted changes in the way; carries `worktree`, `paths`
│   ├── BusyRepositoryError         a rebase, a merge or another git command is under way
│   ├── GitIdentityError            git doesn't know whom to name as the author
│   ├── LostRaceError               somebody else moved the branch; carries `branch`, `expected`, `actual`
│   └── HeldError                   a change that can't be taken back by itself; carries `proposal_id`
├── GitError                    git itself failed; carries `command`, `detail`
├── GitHubError                 GitHub didn't do what it was asked; carries `request`, `status` (0: no answer), `detail`
│   ├── GitHubAuthError             it doesn't believe who we are
│   ├── GitHubPermissionError       it believes us, and we may not
│   ├── GitHubNotFoundError         it isn't there, or not for us to see
│   ├── GitHubConflictError         things aren't as the request expects them
│   ├── GitHubRefusedError          what was sent can't be used
│   ├── GitHubRateLimitedError      too much was asked; carries `until`
│   └── GitHubUnavailableError      no answer, or a failure of its own: nobody knows whether it happened
├── StoreError                  the database can't be used
│   └── StoreBusyError          another process holds it
└── SegmentError                accepted telemetry can't be written or read
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from policy_dsl import PolicyDslError
from telemetry import TelemetryError
from workflow import WorkflowError

_SHOWN_PATHS = 3


class AppError(Exception):
    """Root of the errors raised by `app`; the message is for the person who must act."""


class BadInputError(AppError):
    """Raised for an argument, a file or a setting that can't be used."""


class SettingsError(BadInputError):
    """Raised for settings that can't be read; positions count from 1."""

    def __init__(self, reason: str, *, path: str, line: int = 0, column: int = 0) -> None:
        self.reason = reason
        self.path = path
        self.line = line
        self.column = column
        where = ":".join(str(part) for part in (path, line, column) if part)
        super().__init__(f"{where}: {reason}" if where else reason)


class PathError(BadInputError):
    """Raised for a path that isn't a plain file inside the repository."""

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path!r} {reason}")


class RepositoryError(AppError):
    """Raised when the repository's state stands in the way; nothing was changed."""


class UnusableRepositoryError(RepositoryError):
    """Raised for a folder that holds no repository with a branch to work on."""


class DirtyRepositoryError(RepositoryError):
    """Raised when landing a commit could touch somebody's uncommitted work."""

    def __init__(self, worktree: Path, paths: Sequence[str]) -> None:
        self.worktree = worktree
        self.paths = tuple(paths)
        shown = ", ".join(self.paths[:_SHOWN_PATHS])
        more = len(self.paths) - _SHOWN_PATHS
        names = f"{shown} and {more} more" if more > 0 else shown
        super().__init__(
            f"{worktree} has uncommitted changes ({names}); commit or stash them, then try again"
        )


class BusyRepositoryError(RepositoryError):
    """Raised while git is in the middle of something; the message says how to end it."""


class GitIdentityError(RepositoryError):
    """Raised when git has no name or address to write into a commit."""

    def __init__(self) -> None:
        super().__init__(
            "git doesn't know who you are; run"
            " `git config --global user.name 'Your Name'` and"
            " `git config --global user.email you@example.com`, then try again"
        )


class LostRaceError(RepositoryError):
    """Raised when a branch isn't where it was when the commit was made."""

    def __init__(self, branch: str, *, expected: str, actual: str) -> None:
        self.branch = branch
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"{branch!r} moved from {expected[:12]} to {actual[:12] or 'nothing'} meanwhile; try again"
        )


class HeldError(RepositoryError):
    """Raised when taking a change back needs a person; the message says what to do by hand."""

    def __init__(self, proposal_id: str, reason: str) -> None:
        self.proposal_id = proposal_id
        self.reason = reason
        super().__init__(f"{proposal_id} can't be taken back: {reason}")


class GitError(AppError):
    """Raised when a git command fails in a way nobody expected."""

    def __init__(self, command: str, detail: str) -> None:
        self.command = command
        self.detail = detail
        super().__init__(f"`git {command}` failed: {detail}")


class GitHubError(AppError):
    """Raised when GitHub doesn't do what it was asked; `request` is verb and path, `status` 0 without an answer."""

    advice = "look at what GitHub says"

    def __init__(self, request: str, status: int, detail: str) -> None:
        self.request = request
        self.status = status
        self.detail = detail
        answered = f"answered {status}" if status else "didn't answer"
        super().__init__(f"GitHub {answered} to `{request}`: {detail}; {self.advice}")


class GitHubAuthError(GitHubError):
    """Raised when GitHub doesn't accept our key or token (401)."""

    advice = (
        "check the App's id and private key, or the token, and that this machine's clock is right"
    )


class GitHubPermissionError(GitHubError):
    """Raised for what our key or token doesn't allow (403)."""

    advice = (
        "accept the App's permissions on the installation's page, or use a token with more rights"
    )


class GitHubNotFoundError(GitHubError):
    """Raised for what isn't there or is hidden from us (404, 410)."""

    advice = "check the name, and that the App is installed there"


class GitHubConflictError(GitHubError):
    """Raised when things aren't as the request expects them (405, 409)."""

    advice = "look at it again before trying once more"


class GitHubRefusedError(GitHubError):
    """Raised when GitHub can't use what was sent (400, 413, 422)."""


class GitHubRateLimitedError(GitHubError):
    """Raised when too much was asked (403, 429); nothing happened, and `until` is when to come back."""

    advice = "it goes on by itself later"

    def __init__(self, request: str, status: int, detail: str, *, until: datetime) -> None:
        self.until = until
        super().__init__(request, status, f"{detail}; wait until {until:%Y-%m-%d %H:%M:%S} UTC")


class GitHubUnavailableError(GitHubError):
    """Raised without an answer, or for a failure of GitHub's own (5xx): nobody knows whether it happened."""

    advice = "try again later; see https://www.githubstatus.com"


class StoreError(AppError):
    """Raised when the database can't be opened, read or written."""


class StoreBusyError(StoreError):
    """Raised when another process is applying or taking back changes."""


class SegmentError(AppError):
    """Raised when the log of accepted telemetry can't be written or read."""


KNOWN_ERRORS: tuple[type[Exception], ...] = (
    AppError,
    WorkflowError,
    TelemetryError,
    PolicyDslError,
)
"""What the command line tells in one line, with exit 2; anything else is a defect and keeps its traceback."""
