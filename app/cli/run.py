"""`flujo run`: run a workflow, once or many times."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from pydantic import JsonValue

from app.adapters.spec_files import read_text
from app.bootstrap.governing import open_budget, open_governance
from app.bootstrap.running import (
    choose_loop,
    load_hash_key,
    open_performer,
    paused_folder,
    user_folder,
)
from app.cli.keeping import (
    BaseUrlOption,
    MaxCostOption,
    MaxTokensOption,
    OverrideOption,
    ReasonOption,
    RecordOption,
    StreamOption,
    TelemetryOption,
    open_keeping,
)
from app.cli.output import NO, Format, FormatOption, note, progress_bar
from app.cli.ran import Ran, print_ran
from app.cli.reading import LenientOption, StrictPricingOption, open_as_asked
from app.cli.streamed import open_watch
from app.errors import BadInputError
from app.use_cases.override_policies import check_overrides
from app.use_cases.run_workflow import Batch, limit_run, run_batch
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
    telemetry: TelemetryOption = None,
    record: RecordOption = None,
    paused: Annotated[
        Path | None, typer.Option(help="keep runs that wait for an answer here")
    ] = None,
    seed: Annotated[int, typer.Option(help="chance of simulated models")] = 0,
    every: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="space the runs' start times this far apart"),
    ] = 0.0,
    base_url: BaseUrlOption = None,
    override: OverrideOption = None,
    reason: ReasonOption = "",
    max_cost_usd: MaxCostOption = None,
    max_tokens: MaxTokensOption = None,
    lenient: LenientOption = False,
    strict_pricing: StrictPricingOption = False,
    stream: StreamOption = False,
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
    places = open_keeping(
        spec,
        telemetry=telemetry,
        record=record,
        waiting_room=paused or paused_folder(),
        may_pause=program.may_pause,
        kept=kept,
    )
    with places as keeping, progress_bar(f"running {spec.name}", runs) as advance:

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
            keep_spans=keeping.spans,
            keep_recordings=keeping.recordings,
            keep_paused=keeping.paused,
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
