"""Runs a program once: from its input to its result."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue

from policy_dsl import Action, Enforcement, judge_policies
from telemetry import ErrorClass, Outcome
from workflow.engine.events import Listener, RunFinished, RunStarted
from workflow.engine.program import Program
from workflow.engine.result import RunResult
from workflow.engine.state import HashInput, Perform, RunState, StepFailedError, hash_with
from workflow.engine.steps import Scope, run_sequence, run_step
from workflow.names import RESULT_NAMES


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
) -> RunResult:
    """Run a workflow once; a failed run is a result, not an exception."""
    loop = asyncio.get_running_loop()
    state = RunState(
        program=program,
        perform=perform,
        listeners=listeners,
        hash_input=hash_input or hash_with(run_id.encode()),
        seed=str(seed),
        loop=loop,
        origin_s=loop.time(),
    )
    workflow = program.workflow
    state.emit(
        RunStarted(
            run_id=run_id,
            spec_sha256=workflow.spec_sha256,
            spec_path=workflow.path,
            started_at=started_at,
            seed=seed,
            input=data,
            input_hash=state.hash_input(data),
        )
    )
    scope = Scope.of_run(data)
    failure: StepFailedError | None = None
    output: JsonValue = None
    score: float | None = None
    try:
        output = await run_sequence(state, program.plans, scope)
        score = await _score(state, scope, output)
    except StepFailedError as error:
        failure = error
    result = _judge(
        program,
        RunResult(
            run_id=run_id,
            spec_sha256=workflow.spec_sha256,
            started_at=started_at,
            outcome=_outcome_of(failure),
            error_class=failure.error_class if failure else ErrorClass.NONE,
            error=f"{failure.step_id}: {failure.message}" if failure else "",
            output=output,
            score=score,
            cost_usd=state.cost_usd,
            input_tokens=state.input_tokens,
            output_tokens=state.output_tokens,
            latency_s=state.now_s(),
            simulated=state.simulated,
            steps=tuple(state.finished),
            context=dict(scope.context),
        ),
    )
    state.emit(RunFinished(result))
    return result


async def _score(state: RunState, scope: Scope, output: JsonValue) -> float | None:
    program = state.program
    if program.scorer:
        data: JsonValue = {"input": scope.run_input, "output": output, "context": scope.context}
        return _as_score(await run_step(state, program.scorer, scope, data=data))
    graded = [step for step in state.finished if step.step_id == program.score_step]
    return _as_score(graded[-1].output) if graded else None


def _as_score(value: JsonValue) -> float | None:
    if isinstance(value, dict):
        value = value.get("score")
    return float(value) if isinstance(value, bool | int | float) else None


def _outcome_of(failure: StepFailedError | None) -> Outcome:
    if failure is None:
        return Outcome.OK
    return Outcome.TIMEOUT if failure.error_class is ErrorClass.TIMEOUT else Outcome.ERROR


def _judge(program: Program, result: RunResult) -> RunResult:
    """Apply the spec's policies to a run that ended well; a breach fails it."""
    policies = program.policies
    if not policies or not result.succeeded:
        return result
    violations = judge_policies(policies, {"result": result.facts()}, schema=RESULT_NAMES)
    fatal = [
        found
        for found in violations
        if found.action is Action.FAIL_RUN and found.enforcement is not Enforcement.ADVISORY
    ]
    result = replace(result, violations=violations)
    if not fatal:
        return result
    reason = fatal[0].message or fatal[0].expression
    return replace(
        result,
        outcome=Outcome.ERROR,
        error_class=ErrorClass.POLICY,
        error=f"policy {fatal[0].policy_id!r}: {reason}",
    )
