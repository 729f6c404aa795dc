"""Runs a program once: from its input to its result."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.engine.cache import Cache
from workflow.engine.events import Listener, RunFinished, RunPaused, RunStarted
from workflow.engine.execution import CANCELLED, PAUSED, Ended, failed
from workflow.engine.governor import NO_LIMITS, RunLimits
from workflow.engine.hooks import Hook, consult
from workflow.engine.judging import judge_result
from workflow.engine.performing import Past, arrange_performing
from workflow.engine.program import Program
from workflow.engine.question import Question
from workflow.engine.resources import OpenResources, Resource
from workflow.engine.result import RunResult
from workflow.engine.scope import Scope
from workflow.engine.state import HashInput, Perform, RunState, hash_with
from workflow.engine.steps import run_sequence, run_step
from workflow.engine.unwinding import (
    RunAbortedError,
    RunPausedError,
    RunStoppedError,
    StepFailedError,
)


async def run_program(
    program: Program,
    data: JsonValue,
    *,
    perform: Perform,
    run_id: str,
    started_at: datetime,
    seed: int = 0,
    waits_seed: int | None = None,
    listeners: Sequence[Listener] = (),
    hooks: Sequence[Hook] = (),
    limits: RunLimits | None = None,
    resources: Mapping[str, Resource] | None = None,
    streams: bool = False,
    hash_input: HashInput | None = None,
    overrides: Mapping[str, str] | None = None,
    cache: Cache | None = None,
    past: Past | None = None,
) -> RunResult:
    """Run a workflow once; a failed run is a result, not an exception, and so is one that has paused.

    `data` is plain JSON data. `hooks` are waited for and may abort the run. Of `limits` and the spec's own
    `usage_limits` the smaller hold. `resources` are open while the run goes on, and skills ask for them by name. A
    run that `streams` tells answers in parts, as `ChunkSent`. Waits between attempts are drawn with `waits_seed`, by
    default `seed`. `overrides` maps ids of soft-mandatory policies to why they may be violated.

    `cache` keeps what steps remember, by default in memory for this run alone. With a `past` the run goes through that
    again, calling nothing, before it goes on.

    A run that is cancelled tells its listeners so and is cancelled all the same.
    """
    clock = asyncio.get_running_loop().time
    given = limits or NO_LIMITS
    limits = RunLimits.of_spec(program.workflow.spec.usage_limits).tighten(given)
    questions: list[Question] = []
    state = RunState(
        program=program,
        perform=arrange_performing(program, perform, questions=questions, cache=cache, past=past),
        listeners=listeners,
        hash_input=hash_input or hash_with(run_id.encode()),
        seed=str(seed),
        clock=clock,
        origin_s=clock(),
        waits_seed=str(seed if waits_seed is None else waits_seed),
        hooks=hooks,
        limits=limits if limits.is_set else None,
        streams=streams,
    )
    started = RunStarted(
        run_id=run_id,
        spec_sha256=program.workflow.spec_sha256,
        spec_path=program.workflow.path,
        started_at=started_at,
        seed=seed,
        input=data,
        input_hash=state.hash_input(data),
        limits=given,
        overrides=overrides or {},
    )
    return await _run_and_tell(state, started, resources or {}, questions)


async def _run_and_tell(
    state: RunState,
    started: RunStarted,
    resources: Mapping[str, Resource],
    questions: Sequence[Question],
) -> RunResult:
    """Run between the first event and the last; `questions` grows by what is asked meanwhile."""
    state.emit(started)
    scope = Scope.of_run(started.input)
    result: RunResult | None = None
    try:
        ended, score = await _run(state, started, scope, resources)
        ran = _conclude(state, started, scope, ended, score)
        result = await _consult_last(
            state,
            _pause(ran, questions)
            if ended is PAUSED
            else judge_result(ran, state.program.policies, started.overrides),
        )
    finally:
        state.emit(_last_event(result or _conclude(state, started, scope, CANCELLED, None)))
    return result


async def _run(
    state: RunState, started: RunStarted, scope: Scope, resources: Mapping[str, Resource]
) -> tuple[Ended, float | None]:
    """Run all steps between set-up and tear-down; whatever ends the run early is an end, cancelling alone is raised."""
    try:
        await consult(state.hooks, started)
        if not resources:
            return await _run_steps(state, scope)
        async with OpenResources(resources, state.problems) as state.resources:
            return await _run_steps(state, scope)
    except StepFailedError as failure:
        ended = failed(failure.error_class, f"{failure.step_id}: {failure.message}")
    except RunPausedError:
        ended = PAUSED
    except RunStoppedError:
        ended = CANCELLED
    except RunAbortedError as abort:
        ended = failed(abort.error_class, abort.message)
    return _end(state, ended), None


async def _run_steps(state: RunState, scope: Scope) -> tuple[Ended, float | None]:
    output = await run_sequence(state, state.program.plans, scope)
    score = await _score(state, scope, output)
    return _end(state, Ended(output)), score


def _end(state: RunState, ended: Ended) -> Ended:
    """A run beyond its limits has failed for that, whatever else happened to it."""
    return failed(ErrorClass.POLICY, state.breach) if state.breach else ended


async def _consult_last(state: RunState, result: RunResult) -> RunResult:
    """Let hooks see the result; one that aborts here fails a run that had ended well, or would wait."""
    try:
        await consult(state.hooks, _last_event(result))
    except RunAbortedError as abort:
        ended = failed(abort.error_class, abort.message)
        return replace(
            result,
            outcome=ended.outcome,
            error_class=ended.error_class,
            error=ended.error,
            questions=(),
        )
    return result


def _last_event(result: RunResult) -> RunPaused | RunFinished:
    return RunPaused(result) if result.questions else RunFinished(result)


def _pause(result: RunResult, questions: Sequence[Question]) -> RunResult:
    """Return the result of a run that waits: what the pause has cut short hasn't ended."""
    steps = tuple(step for step in result.steps if step.outcome is not Outcome.CANCELLED)
    return replace(result, steps=steps, questions=tuple(questions))


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
        governor_breached=bool(state.breach),
        problems=tuple(state.problems),
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
