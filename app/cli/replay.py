"""`flujo replay`: go through a recorded run again."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.telemetry_files import find_recording, open_recording
from app.bootstrap.governing import open_governance
from app.cli.output import NO, Format, FormatOption, note, print_json, print_text
from app.cli.reading import LenientOption, open_as_asked
from app.cli.replayed import answer_of, printable, tell_departure, tell_moment
from app.cli.stepping import step_through
from app.errors import BadInputError
from app.use_cases.replay_run import Tour, replay_run
from workflow import Program, RecordingError, compile_program


def replay(
    run: Annotated[
        str,
        typer.Argument(help="a recording, or a run's id with --recordings", show_default=False),
    ],
    spec: Annotated[Path, typer.Option(help="the spec as it was recorded", show_default=False)],
    recordings: Annotated[
        Path | None, typer.Option(help="folder in which the run's id is looked up")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="STEP[#N]", help="stop after this execution of a step")
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", help="step forward and back, on a terminal")
    ] = False,
    lenient: LenientOption = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Replay a run step by step with what changed, calling nothing; exit 1 if it comes out otherwise."""
    if interactive and output is Format.JSON:
        raise BadInputError("--interactive is for people, --format json for programs: give one")
    workflow = open_as_asked(spec, lenient=lenient)
    program = compile_program(workflow, organisation=open_governance(spec).organisation)
    tour = _retrace(program, find_recording(run, recordings), until)
    if output is Format.JSON:
        print_json(answer_of(tour))
    elif interactive and sys.stdin.isatty() and sys.stdout.isatty():
        _tell_doubts(tour)
        step_through(tour, ask=input, tell=print_text)
    else:
        _print(tour)
        _tell_doubts(tour)
    if not (tour.reached and tour.retraced.is_faithful):
        raise typer.Exit(NO)


def _retrace(program: Program, path: Path, until: str | None) -> Tour:
    recording = open_recording(path)
    try:
        return replay_run(program, recording, until)
    except RecordingError as error:
        raise BadInputError(
            f"{path}: {error}; give the spec as it was then: `flujo validate` prints a file's version"
        ) from None


def _print(tour: Tour) -> None:
    for moment in tour.moments:
        for line in tell_moment(moment):
            print_text(line)
    if tour.stop is None:
        ended = tour.retraced.replayed.result
        why = f": {ended.error}" if ended.error else ""
        text = f"{ended.outcome} in {ended.latency_s:.2f} s for ${ended.cost_usd:.5f}{why}"
        print_text(printable(text))


def _tell_doubts(tour: Tour) -> None:
    if not tour.reached:
        print_text(printable(f"the run never came to {str(tour.stop)!r}"))
    if not tour.retraced.is_faithful:
        print_text(tell_departure(tour))
    if tour.retraced.replayed.recording.simulated:
        note("simulated: the agents were `sim:` models or mocked when this was recorded")
