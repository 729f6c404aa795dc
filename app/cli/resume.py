"""`flujo resume`: go on with a run that waits for a person's answer."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.paused_files import take_paused_run
from app.adapters.spec_files import read_text
from app.bootstrap.governing import open_budget, open_governance
from app.bootstrap.running import (
    choose_loop,
    load_hash_key,
    open_performer,
    perform_anew,
    skip_what_has_happened,
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
from app.cli.output import NO, Format, FormatOption, note
from app.cli.ran import Ran, print_ran
from app.cli.reading import LenientOption, StrictPricingOption, open_as_asked
from app.cli.streamed import open_watch
from app.errors import BadInputError
from app.use_cases.override_policies import check_overrides
from app.use_cases.resume_run import check_version, read_answer, resume_run
from app.use_cases.run_workflow import limit_run
from workflow import PausedRun, compile_program


def resume(
    file: Annotated[Path, typer.Argument(help="the run that waits", show_default=False)],
    answer: Annotated[
        str, typer.Option(metavar="JSON|@FILE|TEXT", help="the answer", show_default=False)
    ],
    step: Annotated[str, typer.Option(help="which step is answered, when several ask")] = "",
    spec: Annotated[
        Path | None, typer.Option(help="where the spec is now; by default where it was")
    ] = None,
    telemetry: TelemetryOption = None,
    record: RecordOption = None,
    paused: Annotated[
        Path | None,
        typer.Option(help="keep the run here if it waits again; by default beside FILE"),
    ] = None,
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
    """Go on with a run that waits for an answer; exit 1 when it failed, waits again, or the budget is spent."""
    watch = open_watch(stream, output)
    limits = limit_run(max_cost_usd, max_tokens)
    kept: dict[str, Path] = {}
    with ExitStack() as stack:
        waiting = stack.enter_context(take_paused_run(file))
        place = spec or _place_of(waiting, file)
        governance = open_governance(place)
        workflow = open_as_asked(place, lenient=lenient, strict_pricing=strict_pricing)
        program = compile_program(workflow, organisation=governance.organisation)
        check_version(program, waiting)
        past = read_answer(waiting, _read(answer), step)
        overrides = check_overrides(program.policies, override or [], reason)
        budget = open_budget(governance.settings, program.workflow, telemetry)
        if not budget.may_start(datetime.now(UTC)):
            raise BadInputError(f"{budget.paused}; the run goes on waiting")
        keeping = stack.enter_context(
            open_keeping(
                place,
                telemetry=telemetry,
                record=record,
                waiting_room=paused or file.parent,
                may_pause=True,
                kept=kept,
            )
        )
        perform = open_performer(place, base_url=base_url)
        result = resume_run(
            program,
            waiting,
            past,
            perform=perform_anew(perform, skips_waits=choose_loop(program) is not None),
            hash_key=load_hash_key(user_folder()),
            loop_factory=skip_what_has_happened,
            keeping=keeping,
            overrides=overrides,
            limits=limits,
            watch=watch,
        )
    for problem in result.problems:
        note(problem)
    print_ran(Ran([result], kept=kept), output)
    if not result.succeeded:
        raise typer.Exit(NO)


def _place_of(waiting: PausedRun, file: Path) -> Path:
    if not waiting.spec_file:
        raise BadInputError(f"{file} doesn't say where the spec is; name it with --spec")
    return Path(waiting.spec_file)


def _read(answer: str) -> str:
    return read_text(Path(answer[1:])) if answer.startswith("@") else answer
