"""`parallel`: its branches at once, each on a copy of the context."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from workflow.engine.kinds.at_once import Job, run_at_once
from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.kinds.merging import take_over
from workflow.engine.program import Parallel
from workflow.engine.scope import Scope
from workflow.engine.unwinding import StepFailedError

Outputs = dict[str, JsonValue]


async def run_parallel(parallel: Parallel, enclosure: Enclosure) -> JsonValue:
    """Run all branches; the output maps their names to what they gave (a failure that is ignored gives null)."""
    scopes = {name: _copy(enclosure.enter(branch=name)) for name in parallel.branches}
    outputs = await _gather(parallel, enclosure, scopes)
    around = enclosure.scope
    steps, context = dict(around.steps), dict(around.context)
    for name in outputs:
        take_over(around.steps, scopes[name].steps, steps)
        if parallel.merges_context:
            take_over(around.context, scopes[name].context, context)
    return _REDUCERS[parallel.reduce]({name: outputs.get(name) for name in parallel.branches})


async def _gather(parallel: Parallel, enclosure: Enclosure, scopes: Mapping[str, Scope]) -> Outputs:
    """Return the outputs of the branches that succeeded, in the order of the spec; a failure cancels the others."""
    outputs: Outputs = {}

    def job_of(name: str) -> Job:
        async def job() -> None:
            try:
                outputs[name] = await enclosure.run(parallel.branches[name], scopes[name])
            except StepFailedError:
                if not parallel.ignores_failures:
                    raise

        return job

    await run_at_once([job_of(name) for name in parallel.branches], parallel.max_concurrency)
    return {name: outputs[name] for name in parallel.branches if name in outputs}


def _copy(scope: Scope) -> Scope:
    scope.context, scope.steps = dict(scope.context), dict(scope.steps)
    return scope


def _union(outputs: Outputs) -> JsonValue:
    merged: Outputs = {}
    for output in outputs.values():
        merged.update(output if isinstance(output, dict) else {})
    return merged


def _concat(outputs: Outputs) -> JsonValue:
    items: list[JsonValue] = []
    for output in outputs.values():
        items += output if isinstance(output, list) else [output]
    return items


_REDUCERS: Mapping[str, Callable[[Outputs], JsonValue]] = {
    "": lambda outputs: outputs,
    "keys": lambda outputs: list(outputs),
    "values": lambda outputs: list(outputs.values()),
    "union": _union,
    "concat": _concat,
    "first": lambda outputs: next(iter(outputs.values())),
    "last": lambda outputs: list(outputs.values())[-1],
}
