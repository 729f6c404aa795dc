"""Bake-in on real traffic: the runs since a change, beside those before it, looked at as often as one likes.

The plan is made once, from the runs of the version before. Each look takes the runs that ended since the one before,
in the order they ended; a run that is told of only after a later one was counted doesn't count any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, cast

from pydantic import JsonValue, TypeAdapter

from app.store import (
    Application,
    ProposalRecord,
    RolloutRecord,
    Transaction,
    find_rollout,
    save_rollout,
)
from app.use_cases.rollout_world import FindRuns
from telemetry import Run
from trust_tiers import (
    BakeDecision,
    BakePlan,
    BakeProgress,
    BakeSettings,
    RunOutcome,
    count_expected_runs,
    describe_visible,
    find_visible,
    judge_bake,
    measure_baseline,
    plan_bake,
    take_runs,
)

GRACE: Final = timedelta(minutes=5)
"""How long the runs that ended last are waited for, so that they can be taken in their order."""

LOOK_AGAIN: Final = timedelta(minutes=15)
BASELINE: Final = timedelta(days=30)
"""How far back the version before is looked at."""

_PLANS: Final = TypeAdapter(BakePlan)
_PROGRESSES: Final = TypeAdapter(BakeProgress)
_EMPTY: Final = BakeProgress()


@dataclass(frozen=True, slots=True)
class BakeLook:
    """What one look at a bake-in found."""

    decision: BakeDecision
    progress: BakeProgress
    visible: str


def look_at_bake(
    rows: Transaction,
    record: ProposalRecord,
    application: Application,
    settings: BakeSettings,
    find_runs: FindRuns,
    *,
    now: datetime,
) -> BakeLook:
    """Move a bake-in on by the runs since the last look, keep that in its row, and judge it."""
    rollout = find_rollout(rows, record.id)
    plan = _PLANS.validate_python(rollout.plan) if rollout.plan else None
    if plan is None:
        plan = _plan(application, settings, find_runs)
        if not plan.routes:  # nothing was known of the version before, as yet
            return BakeLook(judge_bake(plan, _EMPTY, now=now), _EMPTY, describe_power(plan))
        dumped = cast("dict[str, JsonValue]", _PLANS.dump_python(plan, mode="json"))
        rollout = replace(
            rollout,
            plan=dumped,
            baked_until=application.applied_at,
            visible=describe_power(plan),
        )
    rollout, progress = _take_new(rollout, plan, application, find_runs, now)
    save_rollout(rows, rollout)
    return BakeLook(judge_bake(plan, progress, now=now), progress, rollout.visible)


def describe_power(plan: BakePlan) -> str:
    """Say what the bake-in can't see at the traffic there was before."""
    per_day = sum(route.baseline.runs for route in plan.routes.values()) / BASELINE.days
    return describe_visible(find_visible(plan, count_expected_runs(plan, per_day)), per_day)


def to_outcome(run: Run) -> RunOutcome:
    """Return what a bake-in counts of a run; only runs that took the same branches are compared."""
    branches = dict.fromkeys(step.branch for step in run.steps if step.branch)
    return RunOutcome(
        at=_end_of(run),
        failed=not run.succeeded,
        cost_usd=float(run.cost_usd),
        latency_ms=run.latency_ms,
        route="/".join(branches),
    )


def _plan(application: Application, settings: BakeSettings, find_runs: FindRuns) -> BakePlan:
    since = application.applied_at - BASELINE
    found = find_runs(application.spec_sha256_before, since)
    before = sorted((run for run in found if run.started_at < application.applied_at), key=_order)
    baseline = measure_baseline(to_outcome(run) for run in before)
    return plan_bake(baseline, started_at=application.applied_at, settings=settings)


def _take_new(
    rollout: RolloutRecord,
    plan: BakePlan,
    application: Application,
    find_runs: FindRuns,
    now: datetime,
) -> tuple[RolloutRecord, BakeProgress]:
    progress = _PROGRESSES.validate_python(rollout.progress) if rollout.progress else _EMPTY
    since, until = rollout.baked_until or application.applied_at, now - GRACE
    if until <= since:
        return rollout, progress
    found = find_runs(application.spec_sha256_after, application.applied_at)
    news = _ended_between(found, since, until)
    if not news:
        return rollout, progress
    progress = take_runs(plan, progress, (to_outcome(run) for run in news))
    dumped = cast("dict[str, JsonValue]", _PROGRESSES.dump_python(progress, mode="json"))
    return replace(rollout, progress=dumped, baked_until=_end_of(news[-1])), progress


def _ended_between(runs: Iterable[Run], after: datetime, until: datetime) -> Sequence[Run]:
    return sorted((run for run in runs if after < _end_of(run) <= until), key=_order)


def _order(run: Run) -> tuple[datetime, str]:
    return _end_of(run), run.run_id


def _end_of(run: Run) -> datetime:
    return run.started_at + timedelta(milliseconds=run.latency_ms)
