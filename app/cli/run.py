"""`flujo run`: run a workflow, once or many times."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import JsonValue

from app.adapters.folders import prepare_folder
from app.adapters.paused_files import keep_paused_run
from app.adapters.spec_files import path_in_repository, read_text
from app.adapters.telemetry_files import TelemetryWriter, write_recordings
from app.bootstrap.exporting import open_export
from app.bootstrap.governing import open_budget, open_governance
from app.bootstrap.running import (
    choose_loop,
    load_hash_key,
    open_performer,
    paused_folder,
    user_folder,
)
from app.cli.output import NO, Format, FormatOption, note, progress_bar
from app.cli.ran import Ran, print_ran
from app.cli.reading import LenientOption, StrictPricingOption, open_as_asked
from app.cli.streamed import open_watch
from app.errors import BadInputError
from app.use_cases.override_policies import check_overrides
from app.use_cases.run_workflow import Batch, keep_everywhere, limit_run, run_batch
from workflow import PausedRun, RunResult, compile_program


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
    paused: Annotated[
        Path | None, typer.Option(help="keep runs that wait for an answer here")
    ] = None,
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
    max_cost_usd: Annotated[
        float | None, typer.Option(min=0, help="end a run that has cost more than this")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=0, help="end a run that has used more tokens than this")
    ] = None,
    lenient: LenientOption = False,
    strict_pricing: StrictPricingOption = False,
    stream: Annotated[bool, typer.Option("--stream", help="print answers as they come")] = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Run a workflow; exit 1 when the run (or every run of a batch) failed or waits, or the budget is spent."""
    watch = open_watch(stream, output)
    limits = limit_run(max_cost_usd, max_tokens)
    governance = open_governance(spec)
    workflow = open_as_asked(spec, lenient=lenient, strict_pricing=strict_pricing)
    program = compile_program(workflow, organisation=governance.organisation)
    overrides = check_overrides(program.policies, override or [], reason)
    budget = open_budget(governance.settings, program.workflow, telemetry)
    batch = Batch(
        inputs=_read_inputs(data, inputs),
        runs=runs,
        seed=seed,
        ends_at=datetime.now(UTC),
        spacing=timedelta(seconds=every),
    )
    kept: dict[str, Path] = {}
    waiting_room = paused or paused_folder()
    for folder in (record, waiting_room if program.may_pause else None):
        if folder:
            prepare_folder(folder)

    def keep(waiting: PausedRun) -> None:
        located = waiting.model_copy(update={"spec_file": str(spec.resolve())})
        kept[waiting.run_id] = keep_paused_run(waiting_room, located)

    with ExitStack() as stack:
        writer = telemetry and stack.enter_context(
            TelemetryWriter(telemetry, repository=path_in_repository(spec))
        )
        exported = {"flujo.repository": path_in_repository(spec)}
        export = stack.enter_context(open_export(attributes=exported, warn=note))
        advance = stack.enter_context(progress_bar(f"running {spec.name}", runs))

        def tell(result: RunResult) -> None:
            budget.note(result)
            advance(result)
            for problem in result.problems:
                note(problem)

        results = run_batch(
            program,
            batch,
            perform=open_performer(spec, base_url=base_url),
            hash_key=load_hash_key(user_folder()),
            loop_factory=choose_loop(program),
            keep_spans=keep_everywhere(writer.write if writer else None, export),
            keep_recordings=(lambda done: write_recordings(record, done)) if record else None,
            keep_paused=keep,
            report=tell,
            overrides=overrides,
            limits=limits,
            watch=watch,
            may_start=budget.may_start,
        )
    print_ran(Ran(results, budget.paused, kept), output)
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
