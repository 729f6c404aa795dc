"""One step after the other: each is given its input, executed, told, and kept for the steps after it."""

from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.engine.attempts import attempt_step
from workflow.engine.events import StepFinished, StepStarted, Visit
from workflow.engine.execution import CANCELLED, Ended, Execution, failed
from workflow.engine.kinds import Enclosure, run_container
from workflow.engine.program import Container, Plans, StepPlan
from workflow.engine.result import StepResult
from workflow.engine.scope import Scope
from workflow.engine.state import RunState, StepFailedError
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
    data = render(plan.input, scope.names) if plan.has_input else previous
    execution = _begin(state, plan, scope, data)
    # Stands unless the step gets to say otherwise: a cancelled step is told too.
    ended = CANCELLED
    try:
        ended = await _execute(state, execution, scope)
    except StepFailedError as failure:
        ended = failed(failure.error_class, f"{failure.step_id}: {failure.message}")
        if plan.fallback is None:
            raise
    finally:
        _finish(state, execution, ended)
    if not ended.error_class:
        return ended.output
    if plan.fallback is None:
        raise StepFailedError(plan.node.step_id, ended.error_class, ended.error)
    return await run_step(state, plan.fallback, scope, data)


def _begin(state: RunState, plan: StepPlan, scope: Scope, data: JsonValue) -> Execution:
    visit = Visit(
        plan.node,
        state.next_span(),
        scope.parent,
        scope.branch,
        scope.iteration,
        state.next_visit(plan.node.step_id),
        state.hash_input(data),
    )
    started_s = state.now_s()
    if state.listeners:
        state.emit(StepStarted(visit, started_s))
    return Execution(plan, visit, data, scope.context, started_s)


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


def _finish(state: RunState, execution: Execution, ended: Ended) -> None:
    visit, started_s, ended_s = execution.visit, execution.started_s, state.now_s()
    node, attempts = visit.node, execution.attempts
    output, outcome, error_class, error = ended
    state.finished.append(
        StepResult(
            step_id=node.step_id,
            name=node.name,
            outcome=outcome,
            error_class=error_class,
            output=output,
            latency_ms=(ended_s - started_s) * 1000,
            cost_usd=execution.cost_usd,
            tokens=execution.tokens,
            attempts=attempts,
            branch=visit.branch,
            iteration=visit.iteration,
        )
    )
    if state.listeners:
        state.emit(
            StepFinished(visit, started_s, ended_s, outcome, error_class, error, output, attempts)
        )


def _keep(plan: StepPlan, output: JsonValue, context: dict[str, JsonValue]) -> None:
    if plan.updates_context and isinstance(output, dict):
        context.update(output)
    if plan.sink_to:
        context[plan.sink_to] = output
