"""What is on the default branch: tested again as merged, then watched on real traffic, then kept or taken back."""

from datetime import timedelta
from typing import Final

from app.store import Application, ProposalRecord, find_application
from app.use_cases.bake_rollout import LOOK_AGAIN, BakeLook, look_at_bake
from app.use_cases.earned_autonomy import note_ending
from app.use_cases.repository_check import CheckVerdict, judge_check
from app.use_cases.rollout_world import FindRuns, Progress, RolloutWorld
from app.use_cases.transitions import may, move_rollout, note_reason
from app.use_cases.undo_rollout import TakeBack, look_at_revert, take_back_rollout
from trust_tiers import BakeVerdict, Ending, HoldReason, RolloutEvent, RolloutState

CHECK_COMES_WITHIN: Final = timedelta(hours=24)
_SOON: Final = timedelta(minutes=10)


def confirm_merge(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """Wait for the repository's check on the merged commit; a failed one takes the change back at once."""
    application = _find(rollouts, record)
    assert rollouts.forge is not None
    tests = rollouts.settings.tests
    tested = judge_check(
        rollouts.forge.checks.list(application.commit),
        application.commit,
        tests,
        our_app_id=rollouts.our_app_id,
    )
    commit = application.commit[:12]
    is_as_tested = record.facts.get("as_tested", True)
    if tested.verdict is CheckVerdict.RED or not is_as_tested:
        what = "failed on the merged commit" if is_as_tested else "never saw what was merged as"
        reason = f"The check {tests.check!r} {what} {commit}."
        wish = TakeBack(application, RolloutEvent.TESTS_FAILED, reason)
        return take_back_rollout(rollouts, record, wish)
    if tested.is_green:
        why = f"the check {tests.check!r} passed on the merged commit {commit}"
        return _move(rollouts, record, RolloutEvent.TESTS_PASSED, why, at_once=True)
    if rollouts.now - application.applied_at >= CHECK_COMES_WITHIN:
        why = f"the check {tests.check!r} never ended on the merged commit {commit}: please look"
        return _move(rollouts, record, RolloutEvent.CONFLICT, why)
    return _wait(rollouts, record, f"the check {tests.check!r} is {tested.verdict.value}", _SOON)


def bake(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """Take in the runs since the last look, and keep, take back, hold, or go on watching."""
    if rollouts.find_runs is None:
        return Progress(record.state, "real traffic decides")
    application = _find(rollouts, record)
    look = _look(rollouts, record, application, rollouts.find_runs)
    reason = "; ".join(look.decision.reasons)
    match look.decision.verdict:
        case BakeVerdict.BREACH:
            told = f"On real traffic {reason}."
            wish = TakeBack(application, RolloutEvent.BREACH, told)
            return take_back_rollout(rollouts, record, wish)
        case BakeVerdict.BAKED:
            with rollouts.world.store.transaction() as rows:
                note_ending(rows, record.id, Ending.CLEAN, at=rollouts.now)
                move_rollout(rows, record.id, RolloutEvent.BAKED, reason, at=rollouts.now)
            return Progress(RolloutState.PROMOTED, reason)
        case BakeVerdict.HOLD if may(record, RolloutEvent.TELEMETRY_LOST):
            return _move(rollouts, record, RolloutEvent.TELEMETRY_LOST, reason)
        case BakeVerdict.CONTINUE if may(record, RolloutEvent.TELEMETRY_BACK):
            return _move(rollouts, record, RolloutEvent.TELEMETRY_BACK, reason)
    return _wait(rollouts, record, f"{reason}. {look.visible}", LOOK_AGAIN)


def look_at_held(rollouts: RolloutWorld, record: ProposalRecord) -> Progress:
    """A rollout without telemetry goes on when there is some; the others wait for people."""
    if record.held_because is HoldReason.TELEMETRY:
        return bake(rollouts, record)
    return look_at_revert(rollouts, record)


def _look(
    rollouts: RolloutWorld, record: ProposalRecord, application: Application, find_runs: FindRuns
) -> BakeLook:
    with rollouts.world.store.transaction() as rows:
        return look_at_bake(
            rows,
            record,
            application,
            rollouts.settings.bake,
            find_runs,
            now=rollouts.now,
        )


def _find(rollouts: RolloutWorld, record: ProposalRecord) -> Application:
    with rollouts.world.store.transaction() as rows:
        found = find_application(rows, record.id)
    assert found is not None  # it is written with the state
    return found


def _move(
    rollouts: RolloutWorld,
    record: ProposalRecord,
    event: RolloutEvent,
    why: str,
    *,
    at_once: bool = False,
) -> Progress:
    next_at = rollouts.now if at_once else rollouts.now + LOOK_AGAIN
    with rollouts.world.store.transaction() as rows:
        state = move_rollout(rows, record.id, event, why, at=rollouts.now)
    return Progress(state, why, next_at)


def _wait(rollouts: RolloutWorld, record: ProposalRecord, reason: str, span: timedelta) -> Progress:
    next_at = rollouts.now + span
    with rollouts.world.store.transaction() as rows:
        note_reason(rows, record.id, reason, next_at=next_at)
    return Progress(record.state, reason, next_at)
