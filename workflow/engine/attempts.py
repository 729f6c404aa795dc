"""Attempts at a step: timeout, retries with back-off, limits, and what they cost together."""

import asyncio
from random import Random
from typing import NamedTuple

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.calls import AgentReply, AttemptError, SendChunk, classify_exception
from workflow.engine.events import AttemptFinished, ChunkSent, new
from workflow.engine.execution import CANCELLED, Ended, Execution, failed, outcome_of
from workflow.engine.program import StepPlan
from workflow.engine.state import Call, RunState

_HOPELESS = frozenset({ErrorClass.INVALID_INPUT, ErrorClass.POLICY})
_MAX_BACKOFF_S = 3600.0
_JITTER = 0.5
_MAX_FEEDBACK = 4000


class _Try(NamedTuple):
    reply: AgentReply
    outcome: Outcome = Outcome.OK
    error_class: ErrorClass = ErrorClass.NONE
    error: str = ""
    cut_off: bool = False


_CANCELLED = _Try(AgentReply(None, ""), *CANCELLED[1:], cut_off=True)


async def attempt_step(state: RunState, execution: Execution) -> Ended:
    """Try until one attempt succeeds or the retries are used up; every attempt is charged and told."""
    plan = execution.plan
    feedback = ""
    for number in range(1, plan.max_retries + 2):
        tried = await _try(state, execution, number, feedback)
        excess = _excess(execution)
        if excess:
            return failed(ErrorClass.POLICY, excess)
        if not tried.error_class or tried.error_class in _HOPELESS or state.breach:
            break
        feedback = _feedback(tried)
        if plan.backoff_s and number <= plan.max_retries:
            execution.attempt_ended_s = None
            await asyncio.sleep(_wait_s(state, execution, number))
            if state.breach:
                break
    return Ended(tried.reply.output, tried.outcome, tried.error_class, tried.error)


def _wait_s(state: RunState, execution: Execution, number: int) -> float:
    """Return the doubling wait after an attempt, times 0.5 to 1.5 by chance, at most an hour.

    On average it is the wait that is written down, so that what is estimated from the spec holds.
    """
    plan = execution.plan
    key = (state.waits_seed, plan.node.step_id, execution.visit.number, number)
    random = Random("/".join(map(str, key)))  # noqa: S311 -- spreads load, hides nothing
    factor = random.uniform(1 - _JITTER, 1 + _JITTER)
    return float(min(plan.backoff_s * 2 ** (number - 1) * factor, _MAX_BACKOFF_S))


def _feedback(tried: _Try) -> str:
    """Return what the next attempt is told of this one: only what a validator says, and not at any length."""
    return tried.error[:_MAX_FEEDBACK] if tried.error_class is ErrorClass.REJECTED else ""


async def _try(state: RunState, execution: Execution, number: int, feedback: str) -> _Try:
    started_s = execution.started_s if number == 1 and not state.hooks else state.now_s()
    tried = _CANCELLED
    try:
        tried = await _perform(state, execution, number, feedback)
    finally:
        # In any case, a cancelled attempt too: what was paid for is charged, what began is told to have ended.
        execution.attempts = number
        _charge(state, execution, tried.reply)
        if state.listeners:
            execution.attempt_ended_s = ended_s = state.now_s()
            state.emit(_finished(state, execution, number, started_s, ended_s, tried))
    return tried


def _finished(
    state: RunState,
    execution: Execution,
    number: int,
    started_s: float,
    ended_s: float,
    tried: _Try,
) -> AttemptFinished:
    reply, outcome, error_class, error, cut_off = tried
    return new(
        AttemptFinished,
        (
            execution.visit,
            state.next_span(),
            number,
            started_s,
            ended_s,
            outcome,
            error_class,
            error,
            cut_off,
            reply,
        ),
    )


async def _perform(state: RunState, execution: Execution, number: int, feedback: str) -> _Try:
    plan, visit = execution.plan, execution.visit
    call = new(
        Call,
        (
            plan,
            execution.data,
            execution.context,
            number,
            visit.iteration,
            visit.number,
            state.seed,
            feedback,
            state.resources,
            _send_chunk(state, execution, number) if state.streams else None,
        ),
    )
    deadline = None if plan.timeout_s is None else asyncio.timeout(plan.timeout_s)
    try:
        if deadline is None:
            return _Try(await state.perform(call))
        async with deadline:
            return _Try(await state.perform(call))
    except asyncio.CancelledError as error:
        if _is_cancelling():
            raise
        # Somebody's own: let through, it would pass for the end of a branch that nobody has cancelled.
        text = f"it raised {error!r}, and nobody has cancelled it"
        return _Try(_nothing(plan), Outcome.ERROR, ErrorClass.CRASH, text)
    except AttemptError as error:
        error_class = classify_exception(error)
        return _Try(_cost_of(error), outcome_of(error_class), error_class, str(error))
    except Exception as error:
        if deadline and deadline.expired() and isinstance(error, TimeoutError):
            text = f"no answer within {plan.timeout_s:g} s"
            return _Try(_nothing(plan), Outcome.TIMEOUT, ErrorClass.TIMEOUT, text, cut_off=True)
        error_class = classify_exception(error)
        text = f"{type(error).__name__}: {error}"
        return _Try(_nothing(plan), outcome_of(error_class), error_class, text)


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _send_chunk(state: RunState, execution: Execution, number: int) -> SendChunk:
    async def send_chunk(chunk: JsonValue) -> None:
        await state.announce(ChunkSent(execution.visit, number, chunk, state.now_s()))

    return send_chunk


def _charge(state: RunState, execution: Execution, reply: AgentReply) -> None:
    state.charge(reply)
    execution.cost_usd += reply.cost_usd
    execution.tokens += reply.input_tokens + reply.output_tokens


def _excess(execution: Execution) -> str:
    """Say which limit the step has gone beyond, `""` if none."""
    plan = execution.plan
    if plan.max_cost_usd is not None and execution.cost_usd > plan.max_cost_usd:
        return f"${execution.cost_usd} used, usage_limits allow ${plan.max_cost_usd}"
    if plan.max_tokens is not None and execution.tokens > plan.max_tokens:
        return f"{execution.tokens} tokens used, usage_limits allow {plan.max_tokens}"
    return ""


def _nothing(plan: StepPlan) -> AgentReply:
    return AgentReply(None, plan.agent.model if plan.agent else "")


def _cost_of(error: AttemptError) -> AgentReply:
    return AgentReply(
        None,
        error.model,
        error.input_tokens,
        error.output_tokens,
        error.cost_usd,
        error.simulated,
        validators_ms=error.validators_ms,
    )
