"""The past of a run that goes on: attempts made before it paused happen again, as they were and for as long."""

import asyncio

from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.calls import AgentReply, AttemptError
from workflow.engine.question import Question
from workflow.engine.state import Call
from workflow.errors import PausedRunError
from workflow.recordings.paused_run import PausedRun
from workflow.recordings.recording import RecordedAttempt, RecordedStep

_HANGS_S = 1_000_000.0
"""Longer than any timeout, which is a day at most."""

_IN_TIME = 1 - 1e-6


class Resumption:
    """What is known of a paused run, its recorded attempts and one more answer: the `past` of the run that goes on.

    Other questions stay open, and the run will pause for them again.
    """

    def __init__(self, paused: PausedRun, step_id: str, visit: int, answer: JsonValue) -> None:
        self._steps: dict[tuple[str, int], RecordedStep] = {
            (step.step_id, step.visit): step for step in paused.steps
        }
        self._answered = (step_id, visit)
        self._answer = answer

    def knows(self, call: Call) -> bool:
        """Whether this attempt was made, or this question answered."""
        visit = (call.plan.node.step_id, call.visit)
        step = self._steps.get(visit)
        return visit == self._answered or (step is not None and call.attempt <= len(step.attempts))

    async def perform(self, call: Call) -> AgentReply:
        """Make a recorded attempt happen again, or hand over the answer, which takes no time."""
        visit = (call.plan.node.step_id, call.visit)
        if visit == self._answered:
            return AgentReply(self._answer, "")
        return await _repeat(self._steps[visit].attempts[call.attempt - 1], call.plan.timeout_s)


def answer_question(paused: PausedRun, answer: JsonValue, *, step_id: str = "") -> Resumption:
    """Answer what a paused run asks, or what `step_id` asks when several do; the first execution of it comes first.

    Raises `PausedRunError` when it isn't clear what is answered, or when the answer doesn't fit.
    """
    question = _choose(paused, step_id)
    misfit = question.explain_misfit(answer)
    if misfit:
        raise PausedRunError(f"the answer doesn't fit what {question.step_id!r} asks for: {misfit}")
    return Resumption(paused, question.step_id, question.visit, answer)


def _choose(paused: PausedRun, step_id: str) -> Question:
    questions = [asked.question for asked in paused.questions]
    asking = list(dict.fromkeys(question.step_id for question in questions))
    if not step_id and len(asking) > 1:
        raise PausedRunError(f"several steps ask; say which one is answered: {', '.join(asking)}")
    for question in questions:
        if question.step_id == step_id or not step_id:
            return question
    raise PausedRunError(f"{step_id!r} asks nothing; what asks: {', '.join(asking)}")


async def _repeat(attempt: RecordedAttempt, timeout_s: float | None) -> AgentReply:
    if attempt.cut_off:
        # What cut it off does so again: the step's timeout, or the failure of a step beside it.
        await asyncio.sleep(_HANGS_S)
    # What came in time then comes in time now, however short the time was.
    latest_s = attempt.latency_s if timeout_s is None else timeout_s * _IN_TIME
    await asyncio.sleep(min(attempt.latency_s, latest_s))
    if attempt.error_class or attempt.is_cancelled:
        raise AttemptError(
            attempt.error_class or ErrorClass.CRASH,
            attempt.error,
            model=attempt.model,
            input_tokens=attempt.input_tokens,
            output_tokens=attempt.output_tokens,
            cost_usd=attempt.cost_usd,
            simulated=attempt.simulated,
        )
    return AgentReply(
        attempt.result,
        attempt.model,
        attempt.input_tokens,
        attempt.output_tokens,
        attempt.cost_usd,
        attempt.simulated,
        attempt.cached,
    )
