"""Attempts at a step: timeout, retries with back-off, limits, and what they cost together."""

import asyncio
from typing import NamedTuple

from telemetry import ErrorClass, Outcome
from workflow.calls import AgentReply, AttemptError, classify_exception
from workflow.engine.events import AttemptFinished
from workflow.engine.execution import CANCELLED, Ended, Execution, failed, outcome_of
from workflow.engine.program import StepPlan
from workflow.engine.state import Call, RunState

_HOPELESS = frozenset({ErrorClass.INVALID_INPUT, ErrorClass.POLICY})
_MAX_BACKOFF_S = 3600.0


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
    for number in range(1, plan.max_retries + 2):
        tried = await _try(state, execution, number)
        excess = _excess(execution)
        if excess:
            return failed(ErrorClass.POLICY, excess)
        if not tried.error_class or tried.error_class in _HOPELESS:
            break
        if plan.backoff_s and number <= plan.max_retries:
            await asyncio.sleep(min(plan.backoff_s * 2 ** (number - 1), _MAX_BACKOFF_S))
    return Ended(tried.reply.output, tried.outcome, tried.error_class, tried.error)


async def _try(state: RunState, execution: Execution, number: int) -> _Try:
    started_s = state.now_s()
    tried = _CANCELLED
    try:
        tried = await _perform(state, execution, number)
    finally:
        # In any case, a cancelled attempt too: what was paid for is charged, what began is told to have ended.
        execution.attempts = number
        _charge(state, execution, tried.reply)
        if state.listeners:
            span, ended_s = state.next_span(), state.now_s()
            reply, outcome, error_class, error, cut_off = tried
            state.emit(
                AttemptFinished(
                    execution.visit,
                    span,
                    number,
                    started_s,
                    ended_s,
                    outcome,
                    error_class,
                    error,
                    cut_off,
                    reply,
                )
            )
    return tried


async def _perform(state: RunState, execution: Execution, number: int) -> _Try:
    plan, visit = execution.plan, execution.visit
    call = Call(
        plan,
        execution.data,
        execution.context,
        number,
        visit.iteration,
        visit.number,
        state.seed,
    )
    deadline = None if plan.timeout_s is None else asyncio.timeout(plan.timeout_s)
    try:
        if deadline is None:
            return _Try(await state.perform(call))
        async with deadline:
            return _Try(await state.perform(call))
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
    )
