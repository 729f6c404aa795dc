"""Keeps a workflow within its budget: asked before each run, told after each."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from app.settings import BudgetSettings
from telemetry import Run
from workflow import Budget, RunResult, Spending, Workflow, find_pause


class BudgetKeeper:
    """Says whether the next run may start; `paused` is why not, once it has said no."""

    def __init__(self, settings: BudgetSettings, workflow: Workflow, runs: Iterable[Run]) -> None:
        self._budget = Budget(_usd(settings.usd_per_hour), _usd(settings.usd_per_day))
        self._spending = Spending(
            (run.started_at, run.cost_usd)
            for run in runs
            if run.spec_sha256 == workflow.spec_sha256 or run.spec_path == workflow.path
        )
        self.paused = ""

    def may_start(self, now: datetime) -> bool:
        """Whether a run may start at that time."""
        reason = find_pause(self._budget, self._spending, now)
        if reason:
            self.paused = f"the workflow is paused by its budget: {reason}"
        return not reason

    def note(self, result: RunResult) -> None:
        """Count what a run has cost."""
        self._spending.add(result.started_at, result.cost_usd)


def _usd(limit: float | None) -> Decimal | None:
    return None if limit is None else Decimal(str(limit))
