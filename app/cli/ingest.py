"""`flujo ingest`: take telemetry in from files, also beside a running server."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from app.cli.interruption import stop_if_interrupted
from app.cli.output import Format, FormatOption, note, notes, print_json, print_text
from app.cli.serving import DEFAULT_DATA, DatabaseOption, DataOption, KeepTextOption, open_data
from app.segments.files import Taken, take_file, take_turns
from app.segments.layout import DataFolder
from app.segments.worker import work_off_all
from app.store import LOCAL, Store

_SHOWN_LINES = 5


def ingest(
    files: Annotated[list[Path], typer.Argument(help="OTLP JSON-lines files", show_default=False)],
    repository: Annotated[str, typer.Option("--repository", help="whose telemetry it is")] = LOCAL,
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    keep_text: KeepTextOption = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Take in what files hold and wasn't taken in before; safe to interrupt and to repeat.

    Exits with 1 when there was nothing but nonsense in one of them.
    """
    folder, store = open_data(data, database)
    folder.make()
    with take_turns(folder):
        taken = [_take(path, folder, store, repository, keep_text) for path in files]
    worked_off = work_off_all(folder, store)
    if not worked_off:
        note("a server is running; it will have worked this off in a moment")
    if output is Format.JSON:
        print_json({"files": [_to_json(each) for each in taken], "worked_off": worked_off})
    else:
        _tell(taken)
    if any(each.bad_lines and not each.lines and not each.resumed_at for each in taken):
        raise typer.Exit(1)


def _tell(taken: list[Taken]) -> None:
    for each in taken:
        for line in each.bad_lines[:_SHOWN_LINES]:
            note(f"skipped {line}")
        if len(each.bad_lines) > _SHOWN_LINES:
            note(f"skipped {len(each.bad_lines) - _SHOWN_LINES} more; --format json tells of all")
        print_text(_describe(each))


def _take(path: Path, folder: DataFolder, store: Store, repository: str, keep_text: bool) -> Taken:
    columns = (
        TextColumn("{task.description:<28}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=notes, disable=not notes.is_terminal) as progress:
        task = progress.add_task(path.name, total=None)

        def report(done_bytes: int, all_bytes: int) -> None:
            stop_if_interrupted()
            progress.update(task, completed=done_bytes, total=all_bytes)

        return take_file(
            path, folder, store, repository=repository, report=report, keep_text=keep_text
        )


def _describe(taken: Taken) -> str:
    if not taken.lines and not taken.bad_lines:
        return f"{taken.path}: nothing new"
    resumed = f" from byte {taken.resumed_at}" if taken.resumed_at else ""
    bad = f", {len(taken.bad_lines)} lines skipped" if taken.bad_lines else ""
    return f"{taken.path}: {taken.lines} lines, {taken.spans} spans{resumed}{bad}"


def _to_json(taken: Taken) -> dict[str, object]:
    return {
        "path": str(taken.path),
        "resumed_at": taken.resumed_at,
        "lines": taken.lines,
        "spans": taken.spans,
        "bad_lines": list(taken.bad_lines),
    }
