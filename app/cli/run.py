"""`flujo run`: run a workflow, once or many times."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import JsonValue

from app.adapters.spec_files import open_spec, path_in_repository, read_text
from app.adapters.telemetry_files import TelemetryWriter, write_recordings
from app.bootstrap.governing import open_budget, open_governance
from app.bootstrap.running import choose_loop, load_hash_key, open_performer, user_folder
from app.cli.output import (
    NO,
    Format,
    FormatOption,
    note,
    print_json,
    print_text,
    progress_bar,
)
from app.errors import BadInputError
from app.use_cases.override_policies import check_overrides
from app.use_cases.run_workflow import Batch, run_batch
from workflow import RunResult, compile_program


def run(
    spec: Annotated[Path, typer.Argument(help="the spec to run", show_default=False)],
    data: Annotated[
        str | None, typer.Option("--input", metavar="JSON|@FILE", help="the run's input")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=1_000_000, help="how many times")] = 1,
    inputs: Annotated[
        Path | None, typer.Option(help="JSON lines, one input each, taken in turn")
    ] = None,
    telemetry: Annotated[
        Path | None, typer.Option(help="append spans here, as OTLP JSON lines")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="keep one recording a run here")] = None,
    seed: Annotated[int, typer.Option(help="chance of simulated models")] = 0,
    every: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="space the runs' start times this far apart"),
    ] = 0.0,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint")] = None,
    override: Annotated[
        list[str] | None,
        typer.Option(metavar="POLICY_ID", help="let a soft-mandatory policy pass; repeatable"),
    ] = None,
    reason: Annotated[str, typer.Option(help="why, for the record; goes with --override")] = "",
    output: FormatOption = Format.TEXT,
) -> None:
    """Run a workflow; exit 1 when the run (or every run of a batch) failed, or the budget is spent."""
    governance = open_governance(spec)
    program = compile_program(open_spec(spec), organisation=governance.organisation)
    overrides = check_overrides(program.policies, override or [], reason)
    budget = open_budget(governance.settings, program.workflow, telemetry)
    batch = Batch(
        inputs=_read_inputs(data, inputs),
        runs=runs,
        seed=seed,
        ends_at=datetime.now(UTC),
        spacing=timedelta(seconds=every),
    )
    with ExitStack() as stack:
        writer = telemetry and stack.enter_context(
            TelemetryWriter(telemetry, repository=path_in_repository(spec))
        )
        advance = stack.enter_context(progress_bar(f"running {spec.name}", runs))

        def tell(result: RunResult) -> None:
            budget.note(result)
            advance(result)

        results = run_batch(
            program,
            batch,
            perform=open_performer(spec, base_url=base_url),
            hash_key=load_hash_key(user_folder()),
            loop_factory=choose_loop(program),
            keep_spans=writer.write if writer else None,
            keep_recordings=(lambda done: write_recordings(record, done)) if record else None,
            report=tell,
            overrides=overrides,
            may_start=budget.may_start,
        )
    _print(results, output, budget.paused)
    if budget.paused or not any(result.succeeded for result in results):
        raise typer.Exit(NO)


def _read_inputs(data: str | None, inputs: Path | None) -> Sequence[JsonValue]:
    if data is not None and inputs is not None:
        raise BadInputError("--input and --inputs exclude each other: give one")
    if inputs is not None:
        lines = enumerate(read_text(inputs).splitlines(), start=1)
        read = [_parse(line, f"{inputs}:{number}") for number, line in lines if line.strip()]
        if not read:
            raise BadInputError(f"{inputs}: no input in it; write one JSON value a line")
        return read
    if data is None:
        return [None]
    if data.startswith("@"):
        return [_parse(read_text(Path(data[1:])), data[1:])]
    return [_parse(data, "--input")]


def _parse(text: str, where: str) -> JsonValue:
    try:
        value: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadInputError(f"{where}: not JSON: {error}") from None
    return value


def _print(results: Sequence[RunResult], output: Format, paused: str) -> None:
    failed = [result for result in results if not result.succeeded]
    simulated = any(result.simulated for result in results)
    if output is Format.JSON:
        print_json(
            {
                "runs": len(results),
                "succeeded": len(results) - len(failed),
                "failed": len(failed),
                "total_cost_usd": float(sum(result.cost_usd for result in results)),
                "simulated": simulated,
                "paused": paused,
                "results": [_answer(result) for result in results],
            }
        )
        return
    if paused:
        print_text(paused)
    if not results:
        return
    if len(results) == 1:
        _print_one(results[0])
    else:
        _print_many(results, failed)
    if simulated:
        note("simulated: the agents are `sim:` models, so cost, latency and quality are drawn")


def _answer(result: RunResult) -> dict[str, object]:
    facts = result.facts()
    return {
        "run_id": result.run_id,
        "spec_sha256": result.spec_sha256,
        "outcome": result.outcome,
        "error_class": result.error_class,
        "message": result.error,
        "simulated": result.simulated,
        "violations": [
            {
                "policy_id": found.policy_id,
                "action": found.action,
                "enforcement": found.enforcement,
                "message": found.message,
                "overridden": result.overridden.get(found.policy_id, ""),
            }
            for found in result.violations
        ],
        **{name: value for name, value in facts.items() if name != "step"},
    }


def _print_one(result: RunResult) -> None:
    for step in result.steps:
        mark = "✓" if step.outcome == "ok" else "✗"
        tries = f"  {step.attempts} attempts" if step.attempts > 1 else ""
        cost = f"${step.cost_usd:.5f}"
        print_text(f"{mark} {step.step_id:<36} {step.latency_ms:>9.0f} ms  {cost}{tries}")
    for found in result.violations:
        why = result.overridden.get(found.policy_id)
        passed = f" (overridden: {why})" if why else ""
        print_text(f"policy {found.policy_id!r} [{found.action}]: {found.message}{passed}")
    if not result.succeeded:
        print_text(f"failed: {result.error} ({result.error_class})")
        return
    text = result.output if isinstance(result.output, str) else orjson.dumps(result.output).decode()
    print_text(text)
    score = "" if result.score is None else f", score {result.score:g}"
    print_text(f"ok in {result.latency_s:.2f} s for ${result.cost_usd:.5f}{score}")


def _print_many(results: Sequence[RunResult], failed: Sequence[RunResult]) -> None:
    count, cost = len(results), sum(result.cost_usd for result in results)
    print_text(f"{count} runs, {count - len(failed)} succeeded, ${cost:.4f} in all")
    reasons: dict[str, int] = {}
    for result in failed:
        reasons[result.error] = reasons.get(result.error, 0) + 1
    for reason, times in sorted(reasons.items(), key=lambda item: -item[1])[:5]:
        print_text(f"  {times} × {reason}")
