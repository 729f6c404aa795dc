"""Check runs: what is said about a commit, by us and by others."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class CheckStatus(StrEnum):
    """How far a check is; others than the first three are GitHub's own."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    WAITING = "waiting"
    REQUESTED = "requested"
    PENDING = "pending"


class CheckConclusion(StrEnum):
    """What a completed check came to."""

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    ACTION_REQUIRED = "action_required"
    STALE = "stale"
    STARTUP_FAILURE = "startup_failure"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check on a commit; `app_id` is None when GitHub doesn't say who made it, and such a one proves nothing."""

    id: int
    name: str
    commit: str
    status: CheckStatus
    conclusion: CheckConclusion | None
    app_id: int | None
    external_id: str
    url: str


class AnnotationLevel(StrEnum):
    """How much an annotation matters."""

    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark on lines of a file; lines count from 1."""

    path: str
    start_line: int
    end_line: int
    level: AnnotationLevel
    message: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What we say about a commit; completed when there is a conclusion.

    `external_id` names one telling: a second report of the same id brings the first up to date. GitHub only ever adds
    annotations, so another list of them needs another id.
    """

    name: str
    commit: str
    external_id: str
    status: CheckStatus
    title: str
    summary: str
    text: str = ""
    conclusion: CheckConclusion | None = None
    annotations: tuple[Annotation, ...] = ()
    details_url: str = ""


class Checks(Protocol):
    """The check runs of one repository."""

    def report(self, report: CheckReport) -> CheckRun:
        """Create or update our check run of that name, commit and external id; may be repeated."""

    def list(self, commit: str) -> tuple[CheckRun, ...]:
        """Return the latest run of every check on exactly this commit, by everybody."""
