"""Runs a program once: from its input to its result."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from workflow.engine.events import Listener, RunFinished, RunStarted
from workflow.engine.execution import CANCELLED, Ended, failed
from workflow.engine.judging import judge_result
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.scope import Scope
from workflow.engine.state import HashInput, Perform, RunState, StepFailedError, hash_with
from workflow.engine.steps import run_sequence, run_step


async def run_program(
    program: Program,
    data: JsonValue,
    *,
    perform: Perform,
    run_id: str,
    started_at: datetime,
    seed: int = 0,
    listeners: Sequence[Listener] = (),
    hash_input: HashInput | None = None,
    overrides: Mapping[str, str] | None = None,
) -> RunResult:
    """Run a workflow once; a failed run is a result, not an exception.

    `data` is plain JSON data. `overrides` maps ids of soft-mandatory policies to why they may be violated.

    A run that is cancelled tells its listeners so and is cancelled all the same.
    """
    clock = asyncio.get_running_loop().time
    state = RunState(
        program=program,
        perform=perform,
        listeners=listeners,
        hash_input=hash_input or hash_with(run_id.encode()),
        seed=str(seed),
        clock=clock,
        origin_s=clock(),
    )
    started = RunStarted(
        run_id=run_id,
        spec_sha256=program.workflow.spec_sha256,
        spec_path=program.workflow.path,
        started_at=started_at,
        seed=seed,
        input=data,
        input_hash=state.hash_input(data),
    )
    state.emit(started)
    scope = Scope.of_run(data)
    ended, score = CANCELLED, None
    try:
        ended, score = await _run(state, scope)
    finally:
        ran = _conclude(state, started, scope, ended, score)
        result = judge_result(ran, program.policies, overrides or {})
        state.emit(RunFinished(result))
    return result


async def _run(state: RunState, scope: Scope) -> tuple[Ended, float | None]:
    try:
        output = await run_sequence(state, state.program.plans, scope)
    except StepFailedError as failure:
        return failed(failure.error_class, f"{failure.step_id}: {failure.message}"), None
    return Ended(output), await _score(state, scope, output)


def _conclude(
    state: RunState, started: RunStarted, scope: Scope, ended: Ended, score: float | None
) -> RunResult:
    return RunResult(
        run_id=started.run_id,
        spec_sha256=started.spec_sha256,
        started_at=started.started_at,
        outcome=ended.outcome,
        error_class=ended.error_class,
        error=ended.error,
        output=ended.output,
        score=score,
        cost_usd=state.cost_usd,
        input_tokens=state.input_tokens,
        output_tokens=state.output_tokens,
        latency_s=round(state.now_s(), 9),
        simulated=state.simulated,
        steps=tuple(state.finished),
        context=dict(scope.context),
    )


async def _score(state: RunState, scope: Scope, output: JsonValue) -> float | None:
    """Ask the declared scorer; one that fails gives no score, and doesn't spoil the run it judges."""
    program = state.program
    if program.scorer is None:
        graded = [step for step in state.finished if step.step_id == program.score_step]
        return _as_score(graded[-1].output) if graded else None
    data: JsonValue = {"input": scope.run_input, "output": output, "context": scope.context}
    try:
        return _as_score(await run_step(state, program.scorer, scope, data))
    except StepFailedError:
        return None


def _as_score(value: JsonValue) -> float | None:
    if isinstance(value, dict):
        value = value.get("score")
    return float(value) if isinstance(value, bool | int | float) else None
