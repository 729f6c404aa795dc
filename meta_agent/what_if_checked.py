"""What recorded runs would have become had a validator stood at the source of an answer.

A recorded answer that it refuses is asked for again, as often as the step may; what comes is drawn from the step's
recorded attempts. A run that recovers by that goes on like one, drawn too, in which the answer passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from meta_agent.answer_checks import AnswerCheck
from meta_agent.roi import Pair, RunOutcome
from telemetry import Outcome
from workflow import RecordedAttempt, RecordedStep, Recording, StepPlan


@dataclass(frozen=True, slots=True)
class _Checked:
    """A step under its new validators, its recorded attempts, and runs in which its answers pass."""

    plan: StepPlan
    checks: Sequence[AnswerCheck]
    attempts: Sequence[RecordedAttempt]
    donors: Sequence[Recording]

    @property
    def step_id(self) -> str:
        return self.plan.node.step_id

    def refuses(self, attempt: RecordedAttempt) -> bool:
        return any(check.rejects(attempt.result) for check in self.checks)

    def refused_in(self, recording: Recording) -> RecordedStep | None:
        """Return the first execution whose answer is refused."""
        return next(
            (one for one in _executions(recording, self.step_id) if self._is_bad(one)), None
        )

    def _is_bad(self, step: RecordedStep) -> bool:
        last = step.attempts[-1]
        return last.outcome is Outcome.OK and self.refuses(last)


def imagine_checked(
    recordings: Sequence[Recording], plan: StepPlan, checks: Sequence[AnswerCheck], random: Random
) -> list[Pair]:
    """Return each recorded run beside what it would have become; none where no answer passes."""
    attempts = [
        attempt
        for recording in recordings
        for step in _executions(recording, plan.node.step_id)
        for attempt in step.attempts
    ]
    checked = _Checked(plan, checks, attempts, ())
    donors = [
        one
        for one in recordings
        if _executions(one, checked.step_id) and checked.refused_in(one) is None
    ]
    if not donors:
        return []
    checked = replace(checked, donors=donors)
    return [Pair(_outcome(one), _check_again(one, checked, random)) for one in recordings]


def _executions(recording: Recording, step_id: str) -> list[RecordedStep]:
    return [step for step in recording.steps if step.step_id == step_id]


def _outcome(recording: Recording) -> RunOutcome:
    succeeded = recording.outcome is Outcome.OK
    return RunOutcome(float(recording.cost_usd), succeeded, recording.latency_s)


@dataclass(frozen=True, slots=True)
class _Again:
    """What asking again came to; `last` is what a run that recovers goes on with."""

    recovers: bool
    cost_usd: float = 0.0
    latency_s: float = 0.0
    last: RecordedAttempt | None = None


def _check_again(recording: Recording, checked: _Checked, random: Random) -> RunOutcome:
    was, refused = _outcome(recording), checked.refused_in(recording)
    if refused is None:
        return was
    again = _ask_again(refused, checked, random)
    if not again.recovers:
        return _end_there(recording, refused, again)
    if was.succeeded:
        # It was refused without need.
        return RunOutcome(was.cost_usd + again.cost_usd, True, was.latency_s + again.latency_s)
    spent_usd, took_s = _spend(refused.attempts)
    told = _outcome(random.choice(checked.donors))
    # What the last attempt took is in what the other run took.
    last_usd, last_s = _spend((again.last,) if again.last else ())
    return RunOutcome(
        told.cost_usd + spent_usd + again.cost_usd - last_usd,
        told.succeeded,
        told.latency_s + took_s + again.latency_s - last_s,
    )


def _ask_again(refused: RecordedStep, checked: _Checked, random: Random) -> _Again:
    cost_usd, latency_s = 0.0, 0.0
    for number in range(len(refused.attempts), checked.plan.max_retries + 1):
        attempt = random.choice(checked.attempts)
        cost_usd += float(attempt.cost_usd)
        latency_s += attempt.latency_s + checked.plan.backoff_s * 2 ** (number - 1)
        if attempt.outcome is Outcome.OK and not checked.refuses(attempt):
            return _Again(True, cost_usd, latency_s, attempt)
    return _Again(False, cost_usd, latency_s)


def _end_there(recording: Recording, refused: RecordedStep, again: _Again) -> RunOutcome:
    """The run fails at the source: what came after it isn't spent."""
    ended = recording.steps[: recording.steps.index(refused) + 1]
    so_far = [_spend(step.attempts) for step in ended]
    latency_s = min(recording.latency_s, sum(seconds for _, seconds in so_far))
    cost_usd = sum(usd for usd, _ in so_far)
    return RunOutcome(cost_usd + again.cost_usd, False, latency_s + again.latency_s)


def _spend(attempts: Sequence[RecordedAttempt]) -> tuple[float, float]:
    cost_usd = sum((attempt.cost_usd for attempt in attempts), Decimal(0))
    return float(cost_usd), sum(attempt.latency_s for attempt in attempts)
