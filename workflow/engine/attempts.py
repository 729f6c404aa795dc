"""Attempts at a step: timeout, retries with back-off, and what they cost together."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.calls import AgentReply, AttemptError, classify_exception
from workflow.engine.events import AttemptFinished
from workflow.engine.program import StepPlan
from workflow.engine.state import Call, RunState

_HOPELESS = frozenset({ErrorClass.INVALID_INPUT, ErrorClass.POLICY})
_MAX_BACKOFF_S = 3600.0


@dataclass(frozen=True, slots=True)
class Visit:
    """One execution of a step: where it lies in the run, and what it was given."""

    plan: StepPlan
    span: int
    parent: int
    branch: str
    iteration: int
    visit: int
    data: JsonValue
    context: dict[str, JsonValue]
    input_hash: str


@dataclass(frozen=True, slots=True)
class Attempted:
    """What all attempts of one execution came to."""

    output: JsonValue
    attempts: int
    error_class: ErrorClass = ErrorClass.NONE
    error: str = ""
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Try:
    reply: AgentReply
    error_class: ErrorClass = ErrorClass.NONE
    error: str = ""


async def attempt_step(state: RunState, visit: Visit) -> Attempted:
    """Try until one attempt succeeds or the retries are used up; every attempt is charged and told."""
    plan = visit.plan
    cost_usd, tokens = Decimal(0), 0
    for number in range(1, plan.max_retries + 2):
        started_s = state.now_s()
        tried = await _try(state, visit, number)
        _tell(state, visit, number, started_s, tried)
        state.charge(tried.reply)
        cost_usd += tried.reply.cost_usd
        tokens += tried.reply.input_tokens + tried.reply.output_tokens
        if not tried.error_class or tried.error_class in _HOPELESS:
            break
        if plan.backoff_s and number <= plan.max_retries:
            await asyncio.sleep(min(plan.backoff_s * 2 ** (number - 1), _MAX_BACKOFF_S))
    return Attempted(tried.reply.output, number, tried.error_class, tried.error, cost_usd, tokens)


async def _try(state: RunState, visit: Visit, number: int) -> _Try:
    plan = visit.plan
    call = Call(plan, visit.data, visit.context, number, visit.iteration, visit.visit, state.seed)
    limit_s = plan.timeout_s
    try:
        if limit_s is None:
            return _Try(await state.perform(call))
        async with asyncio.timeout(limit_s) as deadline:
            return _Try(await state.perform(call))
    except AttemptError as error:
        return _Try(_cost_of(error), error.error_class, str(error))
    except Exception as error:
        late = limit_s is not None and deadline.expired()
        if late and isinstance(error, TimeoutError):
            return _Try(_nothing(plan), ErrorClass.TIMEOUT, f"no answer within {limit_s:g} s")
        text = f"{type(error).__name__}: {error}"
        return _Try(_nothing(plan), classify_exception(error), text)


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


def _tell(state: RunState, visit: Visit, number: int, started_s: float, tried: _Try) -> None:
    if not state.listeners:
        return
    outcome = Outcome.ERROR if tried.error_class else Outcome.OK
    if tried.error_class is ErrorClass.TIMEOUT:
        outcome = Outcome.TIMEOUT
    state.emit(
        AttemptFinished(
            node=visit.plan.node,
            span=state.next_span(),
            parent=visit.span,
            branch=visit.branch,
            iteration=visit.iteration,
            visit=visit.visit,
            number=number,
            started_s=started_s,
            ended_s=state.now_s(),
            outcome=outcome,
            error_class=tried.error_class,
            error=tried.error,
            reply=tried.reply,
            input_hash=visit.input_hash,
        )
    )
