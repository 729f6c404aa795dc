"""How each kind of step runs: one function a kind, over a scope of names."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.engine.attempts import Attempted, Visit, attempt_step
from workflow.engine.events import StepFinished, StepStarted
from workflow.engine.program import Plans, StepPlan
from workflow.engine.result import StepResult
from workflow.engine.state import RunState, StepFailedError
from workflow.templates import render

_CANCELLED = "cancelled"


@dataclass(slots=True)
class Scope:
    """What a step can see, and where it lies; `steps` maps names to `{"output": …}` of what has run."""

    run_input: JsonValue
    context: dict[str, JsonValue]
    steps: dict[str, JsonValue]
    previous: JsonValue
    parent: int = 0
    branch: str = ""
    iteration: int = 0
    this: JsonValue = None

    @classmethod
    def of_run(cls, data: JsonValue) -> "Scope":
        """Return the scope a run starts with: its input's fields are the first context."""
        context = dict(data) if isinstance(data, dict) else {}
        return cls(run_input=data, context=context, steps={}, previous=data)

    def inside(self, span: int, *, branch: str = "", iteration: int = 0) -> "Scope":
        """Return the scope of a container's child."""
        return Scope(
            run_input=self.run_input,
            context=self.context,
            steps=self.steps,
            previous=self.previous,
            parent=span,
            branch=branch or self.branch,
            iteration=iteration or self.iteration,
            this=self.this,
        )

    @property
    def names(self) -> dict[str, JsonValue]:
        """The names templates and conditions may mention."""
        return {
            "previous_step": self.previous,
            "steps": self.steps,
            "context": self.context,
            "input": self.run_input,
            "this": self.this,
            "iteration": self.iteration,
        }


async def run_sequence(state: RunState, plans: Plans, scope: Scope) -> JsonValue:
    """Run steps one after the other; each step's default input is the output before it."""
    for plan in plans:
        output = await run_step(state, plan, scope)
        scope.previous = output
        scope.steps[plan.node.name] = {"output": output}
        _keep(plan, output, scope.context)
    return scope.previous


async def run_step(
    state: RunState, plan: StepPlan, scope: Scope, *, data: JsonValue = None
) -> JsonValue:
    """Run one step of any kind and tell listeners; raises `StepFailedError` when it failed for good."""
    if data is None:
        data = render(plan.input, scope.names) if plan.has_input else scope.previous
    step_id = plan.node.step_id
    visit = Visit(
        plan=plan,
        span=state.next_span(),
        parent=scope.parent,
        branch=scope.branch,
        iteration=scope.iteration,
        visit=state.next_visit(step_id),
        data=data,
        context=scope.context,
        input_hash=state.hash_input(data),
    )
    started_s = state.now_s()
    state.emit(
        StepStarted(plan.node, visit.span, scope.parent, scope.branch, scope.iteration, started_s)
    )
    # Stands unless the step gets to say otherwise: a cancelled step is told too.
    done = Attempted(None, 0, ErrorClass.NONE, _CANCELLED)
    try:
        done = await _execute(state, visit, scope)
    finally:
        _tell(state, visit, started_s, done)
    if not done.error_class:
        return done.output
    if plan.fallback is None:
        raise StepFailedError(step_id, done.error_class, done.error)
    return await run_step(state, plan.fallback, scope.inside(visit.span), data=data)


async def _execute(state: RunState, visit: Visit, scope: Scope) -> Attempted:
    plan = visit.plan
    if plan.agent or plan.skill:
        return await attempt_step(state, visit)
    try:
        run = _CONTAINERS[plan.node.kind]
        return Attempted(await run(state, plan, scope, visit.span, visit.data), 1)
    except StepFailedError as error:
        return Attempted(None, 1, error.error_class, f"{error.step_id}: {error.message}")


def _tell(state: RunState, visit: Visit, started_s: float, done: Attempted) -> None:
    event = StepFinished(
        node=visit.plan.node,
        span=visit.span,
        parent=visit.parent,
        branch=visit.branch,
        iteration=visit.iteration,
        visit=visit.visit,
        started_s=started_s,
        ended_s=state.now_s(),
        outcome=_outcome_of(done),
        error_class=done.error_class,
        error=done.error,
        output=done.output,
        attempts=done.attempts,
        input_hash=visit.input_hash,
    )
    state.emit(event)
    state.finished.append(
        StepResult(
            step_id=event.node.step_id,
            name=event.node.name,
            outcome=event.outcome,
            error_class=event.error_class,
            output=event.output,
            latency_ms=(event.ended_s - started_s) * 1000,
            cost_usd=done.cost_usd,
            tokens=done.tokens,
            attempts=done.attempts,
            branch=event.branch,
            iteration=event.iteration,
        )
    )


async def _run_conditional(
    state: RunState, plan: StepPlan, scope: Scope, span: int, data: JsonValue
) -> JsonValue:
    assert plan.condition is not None
    scope.previous = data
    chosen = _branch_name(plan.condition.evaluate(scope.names))
    name = chosen if chosen in plan.branches else plan.default_branch
    if name not in plan.branches:
        known = ", ".join(plan.branches)
        message = f"the condition gave {chosen!r}; branches are {known}, and no default_branch"
        raise StepFailedError(plan.node.step_id, ErrorClass.INVALID_INPUT, message)
    return await run_sequence(state, plan.branches[name], scope.inside(span, branch=name))


async def _run_parallel(
    state: RunState, plan: StepPlan, scope: Scope, span: int, data: JsonValue
) -> JsonValue:
    scope.previous = data
    inner = {name: scope.inside(span, branch=name) for name in plan.branches}
    for child in inner.values():
        child.context, child.steps = dict(scope.context), dict(scope.steps)
    outputs: dict[str, JsonValue] = {}

    async def run(name: str) -> None:
        try:
            outputs[name] = await run_sequence(state, plan.branches[name], inner[name])
        except StepFailedError:
            if not plan.ignores_failures:
                raise
            outputs[name] = None

    try:
        async with asyncio.TaskGroup() as group:
            for name in plan.branches:
                group.create_task(run(name))
    except* StepFailedError as errors:
        first = errors.exceptions[0]
        assert isinstance(first, StepFailedError)
        raise first from None
    for name in plan.branches:
        scope.steps.update(inner[name].steps)
        if plan.merges_context:
            scope.context.update(inner[name].context)
    ordered = {name: outputs[name] for name in plan.branches}
    return _REDUCERS[plan.reduce](ordered)


async def _run_loop(
    state: RunState, plan: StepPlan, scope: Scope, span: int, data: JsonValue
) -> JsonValue:
    previous = data
    for iteration in range(1, plan.max_loops + 1):
        inner = scope.inside(span, iteration=iteration)
        inner.previous = previous
        previous = await run_sequence(state, plan.body, inner)
        if plan.condition is not None and plan.condition.holds(inner.names):
            break
    return previous


async def _run_map(
    state: RunState, plan: StepPlan, scope: Scope, span: int, data: JsonValue
) -> JsonValue:
    scope.previous = data
    items = render(plan.iterable, scope.names)
    if isinstance(items, str):
        items = scope.context.get(items.removeprefix("context."))
    if not isinstance(items, list):
        message = "iterable_input gives no list"
        raise StepFailedError(plan.node.step_id, ErrorClass.INVALID_INPUT, message)
    outputs: list[JsonValue] = []
    for iteration, item in enumerate(items, start=1):
        inner = scope.inside(span, iteration=iteration)
        inner.previous = inner.this = item
        inner.steps = dict(scope.steps)
        outputs.append(await run_sequence(state, plan.body, inner))
    return outputs


_RunContainer = Callable[[RunState, StepPlan, Scope, int, JsonValue], Awaitable[JsonValue]]
_CONTAINERS: Mapping[str, _RunContainer] = {
    "conditional": _run_conditional,
    "parallel": _run_parallel,
    "loop": _run_loop,
    "map": _run_map,
}


def _union(outputs: dict[str, JsonValue]) -> JsonValue:
    merged: dict[str, JsonValue] = {}
    for output in outputs.values():
        merged.update(output if isinstance(output, dict) else {})
    return merged


def _concat(outputs: dict[str, JsonValue]) -> JsonValue:
    items: list[JsonValue] = []
    for output in outputs.values():
        items += output if isinstance(output, list) else [output]
    return items


_REDUCERS: Mapping[str, Callable[[dict[str, JsonValue]], JsonValue]] = {
    "": lambda outputs: outputs,
    "keys": lambda outputs: list(outputs),
    "values": lambda outputs: list(outputs.values()),
    "union": _union,
    "concat": _concat,
    "first": lambda outputs: next(iter(outputs.values())),
    "last": lambda outputs: list(outputs.values())[-1],
}


def _branch_name(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


def _keep(plan: StepPlan, output: JsonValue, context: dict[str, JsonValue]) -> None:
    if plan.updates_context and isinstance(output, dict):
        context.update(output)
    if plan.sink_to:
        context[plan.sink_to] = output


def _outcome_of(done: Attempted) -> Outcome:
    if done.error == _CANCELLED:
        return Outcome.CANCELLED
    if not done.error_class:
        return Outcome.OK
    return Outcome.TIMEOUT if done.error_class is ErrorClass.TIMEOUT else Outcome.ERROR
