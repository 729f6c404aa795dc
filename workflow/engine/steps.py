"""One step after the other: each is given its input, executed, told, and kept for the steps after it."""

from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.engine.attempts import attempt_step
from workflow.engine.events import StepFinished, StepStarted, Visit, new
from workflow.engine.execution import CANCELLED, Ended, Execution, failed
from workflow.engine.hooks import consult
from workflow.engine.kinds import Enclosure, run_container
from workflow.engine.program import Container, Plans, StepPlan
from workflow.engine.result import StepResult
from workflow.engine.scope import Scope
from workflow.engine.state import RunState
from workflow.engine.unwinding import RunStoppedError, StepFailedError
from workflow.schemas import explain_mismatch
from workflow.templates import render


async def run_sequence(state: RunState, plans: Plans, scope: Scope) -> JsonValue:
    """Run steps one after the other; each step's default input is the output before it."""
    for plan in plans:
        output = await run_step(state, plan, scope, scope.previous)
        scope.previous = output
        scope.steps[plan.node.name] = {"output": output}
        _keep(plan, output, scope.context)
    return scope.previous


async def run_step(state: RunState, plan: StepPlan, scope: Scope, previous: JsonValue) -> JsonValue:
    """Run one step of any kind, given its own `input` or else `previous`; raises `StepFailedError`."""
    if state.breach:
        raise RunStoppedError(state.breach)
    data = render(plan.input, scope.names) if plan.has_input else previous
    execution = _begin(state, plan, scope, data)
    # Stands unless the step gets to say otherwise: a cancelled step is told too.
    ended, cause = CANCELLED, None
    try:
        if state.hooks:
            await consult(state.hooks, _started(execution))
        ended = await _execute(state, execution, scope)
    except StepFailedError as failure:
        ended, cause = failed(failure.error_class, f"{failure.step_id}: {failure.message}"), failure
    finally:
        told = _finish(state, execution, ended)
    if told:
        await consult(state.hooks, told)
    if not ended.error_class:
        return ended.output
    if state.breach:
        raise RunStoppedError(state.breach)
    if plan.fallback is None:
        raise cause or StepFailedError(plan.node.step_id, ended.error_class, ended.error)
    return await run_step(state, plan.fallback, scope, data)


def _begin(state: RunState, plan: StepPlan, scope: Scope, data: JsonValue) -> Execution:
    node = plan.node
    span, number = state.next_span(), scope.visits.next(node.step_id)
    visit = new(
        Visit,
        (
            node,
            span,
            scope.parent,
            scope.branch,
            scope.iteration,
            number,
            state.hash_input(data),
        ),
    )
    execution = Execution(plan, visit, data, scope.context, state.now_s())
    if state.listeners:
        state.emit(_started(execution))
    return execution


def _started(execution: Execution) -> StepStarted:
    return new(
        StepStarted, (execution.visit, execution.started_s, execution.context, execution.data)
    )


def _finished(execution: Execution, ended: Ended, ended_s: float) -> StepFinished:
    output, outcome, error_class, error = ended
    visit, started_s, attempts = execution.visit, execution.started_s, execution.attempts
    return new(
        StepFinished,
        (visit, started_s, ended_s, outcome, error_class, error, output, attempts),
    )


async def _execute(state: RunState, execution: Execution, scope: Scope) -> Ended:
    plan = execution.plan
    if plan.input_schema is not None:
        problem = explain_mismatch(plan.input_schema, execution.data)
        if problem:
            return failed(ErrorClass.INVALID_INPUT, f"the input doesn't fit: {problem}")
    if plan.container is None:
        return await attempt_step(state, execution)
    output = await _run_container(state, plan.container, execution, scope)
    if plan.output_schema is not None:
        problem = explain_mismatch(plan.output_schema, output)
        if problem:
            return failed(ErrorClass.INVALID_OUTPUT, f"the output doesn't fit: {problem}")
    return Ended(output)


async def _run_container(
    state: RunState, container: Container, execution: Execution, scope: Scope
) -> JsonValue:
    async def run_inside(plans: Plans, inner: Scope) -> JsonValue:
        return await run_sequence(state, plans, inner)

    execution.attempts = 1
    visit = execution.visit
    enclosure = Enclosure(visit.node.step_id, execution.data, scope, visit.span, run_inside)
    return await run_container(container, enclosure)


def _finish(state: RunState, execution: Execution, ended: Ended) -> StepFinished | None:
    """Keep and tell how it ended; returns what hooks are to be told, None where there are none."""
    visit, ended_s = execution.visit, execution.attempt_ended_s
    if ended_s is None:
        ended_s = state.now_s()
    node = visit.node
    output, outcome, error_class, _ = ended
    step = new(
        StepResult,
        (
            node.step_id,
            node.name,
            outcome,
            error_class,
            output,
            (ended_s - execution.started_s) * 1000,
            execution.cost_usd,
            execution.tokens,
            execution.attempts,
            visit.branch,
            visit.iteration,
        ),
    )
    state.finished.append(step)
    if not state.listeners and not state.hooks:
        return None
    finished = _finished(execution, ended, ended_s)
    state.emit(finished)
    return finished if state.hooks else None


def _keep(plan: StepPlan, output: JsonValue, context: dict[str, JsonValue]) -> None:
    if plan.updates_context and isinstance(output, dict):
        context.update(output)
    if plan.sink_to:
        context[plan.sink_to] = output
