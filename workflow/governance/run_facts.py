"""The facts of a run as telemetry tells them, under the same names as those of a run that has just ended.

Telemetry holds no outputs. Where one would stand, these facts hold a stand-in of the caller's choice, or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

from telemetry import ErrorClass, Outcome, Run, StepRun


def facts_of_run(run: Run, untold: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return the facts of `workflow.names.RESULT_NAMES` that run-time policies judged, or would have judged.

    `untold` stands where telemetry knows nothing: `{"output": x}` for every output, and further facts of the result.
    """
    unknown = dict(untold or {})
    output = {"output": unknown["output"]} if "output" in unknown else {}
    steps = [{**_step_facts(step), **output} for step in _by_end(run.steps)]
    failed_by_policy = run.error_class is ErrorClass.POLICY
    return {
        "score": run.score,
        "success": run.succeeded or failed_by_policy,
        "error": None if failed_by_policy else run.error_class.value or None,
        "total_cost_usd": float(run.cost_usd),
        "total_tokens": sum(_tokens(step) for step in run.steps),
        "latency_ms": run.latency_ms,
        "retries": sum(_retries(step) for step in run.steps),
        "path": [step["step_id"] for step in steps],
        "steps": steps,
        "step": {str(step["step_id"]): step for step in steps},
        **unknown,
    }


def _step_facts(step: StepRun) -> dict[str, object]:
    attempts = len(step.attempts)
    if not attempts and step.outcome is not Outcome.CANCELLED:
        attempts = 1  # of a container, which is run once
    return {
        "step_id": step.step_id,
        "name": step.step_id.rsplit("/", 1)[-1].replace("~1", "/").replace("~0", "~"),
        "success": step.outcome is Outcome.OK,
        "error": step.error_class.value or None,
        "latency_ms": step.latency_ms,
        "cost_usd": float(step.cost_usd),
        "tokens": _tokens(step),
        "attempts": attempts,
        "retries": _retries(step),
        "branch": step.branch,
        "iteration": step.iteration,
    }


def _by_end(steps: Iterable[StepRun]) -> Sequence[StepRun]:
    """Put containers after what lies in them, as the engine does; telemetry lists steps by their start.

    What lies in a plain step is its fallback, which begins when the step has ended. Branches that ran at once stay in
    the order of their starts.
    """
    done: list[StepRun] = []
    open_: list[StepRun] = []
    for step in steps:
        while open_ and not _holds(open_[-1], step):
            done.append(open_.pop())
        open_.append(step)
    return [*done, *reversed(open_)]


def _holds(outer: StepRun, step: StepRun) -> bool:
    return outer.kind != "step" and step.step_id.startswith(f"{outer.step_id}/")


def _tokens(step: StepRun) -> int:
    return sum(attempt.input_tokens + attempt.output_tokens for attempt in step.attempts)


def _retries(step: StepRun) -> int:
    return max(0, len(step.attempts) - 1)
