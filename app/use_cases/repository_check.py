"""What the repository's own check says of exactly one commit: without it, or in its absence, nothing lands."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from app.forge import CheckConclusion, CheckRun, CheckStatus
from app.settings import TestSettings


class CheckVerdict(StrEnum):
    """What the check says."""

    ABSENT = "absent"
    PENDING = "pending"
    GREEN = "green"
    RED = "red"


@dataclass(frozen=True, slots=True)
class TestedCommit:
    """A commit, and what the repository's check says of it."""

    __test__: ClassVar[bool] = False  # not a test class, whatever pytest thinks of the name

    commit: str
    verdict: CheckVerdict

    @property
    def is_green(self) -> bool:
        """Whether its tests passed."""
        return self.verdict is CheckVerdict.GREEN


def judge_check(
    runs: Iterable[CheckRun], commit: str, settings: TestSettings, *, our_app_id: int | None = None
) -> TestedCommit:
    """Judge a commit by the check that the settings name; of several the worst counts.

    A check of another commit, by nobody that GitHub names, by another App than expected, or by ourselves is none.
    """
    counted = [
        run
        for run in runs
        if run.name == settings.check
        and run.commit == commit
        and run.app_id is not None
        and run.app_id != our_app_id
        and settings.check_app in (None, run.app_id)
    ]
    return TestedCommit(commit, _worst(counted))


def _worst(runs: list[CheckRun]) -> CheckVerdict:
    if not runs:
        return CheckVerdict.ABSENT
    done = [run for run in runs if run.status is CheckStatus.COMPLETED]
    if any(run.conclusion is not CheckConclusion.SUCCESS for run in done):
        return CheckVerdict.RED
    return CheckVerdict.GREEN if len(done) == len(runs) else CheckVerdict.PENDING
