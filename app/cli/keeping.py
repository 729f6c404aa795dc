"""What `flujo run` and `flujo resume` have in common: options, and where they keep what runs leave behind."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.folders import prepare_folder
from app.adapters.paused_files import keep_paused_run
from app.adapters.telemetry_files import TelemetryWriter, write_recordings
from app.bootstrap.exporting import open_export
from app.bootstrap.whose_spec import name_repository
from app.cli.output import note
from app.use_cases.resume_run import Keeping
from app.use_cases.run_workflow import keep_everywhere
from workflow import PausedRun

TelemetryOption = Annotated[Path | None, typer.Option(help="append spans here, as OTLP JSON lines")]
RecordOption = Annotated[Path | None, typer.Option(help="keep one recording a run here")]
BaseUrlOption = Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint")]
OverrideOption = Annotated[
    list[str] | None,
    typer.Option(metavar="POLICY_ID", help="let a soft-mandatory policy pass; repeatable"),
]
ReasonOption = Annotated[str, typer.Option(help="why, for the record; goes with --override")]
MaxCostOption = Annotated[
    float | None, typer.Option(min=0, help="end a run that has cost more than this in all")
]
MaxTokensOption = Annotated[
    int | None, typer.Option(min=0, help="end a run that has used more tokens than this in all")
]
StreamOption = Annotated[bool, typer.Option("--stream", help="print answers as they come")]


@contextmanager
def open_keeping(
    spec: Path,
    *,
    telemetry: Path | None,
    record: Path | None,
    waiting_room: Path,
    may_pause: bool,
    kept: dict[str, Path],
) -> Iterator[Keeping]:
    """Open all places before anything runs; `kept` learns where each run that pauses is.

    Raises `BadInputError` for a place that can't be written.
    """
    for folder in (record, waiting_room if may_pause else None):
        if folder:
            prepare_folder(folder)

    def keep_paused(waiting: PausedRun) -> None:
        located = waiting.model_copy(update={"spec_file": str(spec.resolve())})
        kept[waiting.run_id] = keep_paused_run(waiting_room, located)

    repository = name_repository(spec, os.environ)
    with ExitStack() as stack:
        writer = telemetry and stack.enter_context(
            TelemetryWriter(telemetry, repository=repository)
        )
        export = stack.enter_context(
            open_export(
                attributes={"flujo.repository": repository} if repository else {}, warn=note
            )
        )
        yield Keeping(
            paused=keep_paused,
            spans=keep_everywhere(writer.write if writer else None, export),
            recordings=(lambda done: write_recordings(record, done)) if record else None,
        )
