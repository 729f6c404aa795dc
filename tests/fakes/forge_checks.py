"""Check runs in memory."""

from typing import TYPE_CHECKING

from app.errors import GitHubPermissionError, GitHubRefusedError
from app.forge import CheckReport, CheckRun

if TYPE_CHECKING:
    from tests.fakes.forge import FakeGitHub


class FakeChecks:
    """Implements `app.forge.Checks`; people may only read."""

    def __init__(self, github: "FakeGitHub", app_id: int | None) -> None:
        self._github, self._app_id = github, app_id

    def report(self, report: CheckReport) -> CheckRun:
        if self._app_id is None:
            raise GitHubPermissionError("POST /check-runs", 403, "authenticate via a GitHub App")
        if report.commit not in self._github.code.commits:
            raise GitHubRefusedError("POST /check-runs", 422, f"No commit {report.commit}")
        known = self._find(report)
        number = known.id if known else self._github.next_number()
        run = CheckRun(
            id=number,
            name=report.name,
            commit=report.commit,
            status=report.status,
            conclusion=report.conclusion,
            app_id=self._app_id,
            external_id=report.external_id,
            url=f"https://github.com/{self._github.repository.full_name}/runs/{number}",
        )
        self._github.checks[number] = run
        self._github.annotations[number] = len(report.annotations)
        self._github.reports[number] = report
        return run

    def list(self, commit: str) -> tuple[CheckRun, ...]:
        latest: dict[tuple[str, int | None], CheckRun] = {}
        for _, run in sorted(self._github.checks.items()):
            if run.commit == commit:
                latest[run.name, run.app_id] = run
        return tuple(latest.values())

    def _find(self, report: CheckReport) -> CheckRun | None:
        wanted = (report.name, report.commit, report.external_id, self._app_id)
        found = self._github.checks.values()
        return next(
            (run for run in found if (run.name, run.commit, run.external_id, run.app_id) == wanted),
            None,
        )
