"""`flujo store`: look after what a server keeps."""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Format, FormatOption, print_json, print_text
from app.cli.serving import DEFAULT_DATA, DatabaseOption, DataOption, open_data
from app.segments.archive import back_up as write_back_up
from app.segments.archive import restore as read_back_up
from app.segments.layout import DataFolder
from app.segments.worker import compact_all
from app.store import shrink_database

store = typer.Typer(help="Compact, back up and restore what a server keeps.", no_args_is_help=True)


@store.command()
def compact(
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    history: Annotated[
        str | None, typer.Option("--history", help="folder or URL for Parquet files")
    ] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="also forget what is older [default: keep all]")
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Turn worked-off segments into Parquet, forget what is too old, give space back; the server must be down."""
    DataFolder(data).demand()
    folder, opened = open_data(data, database)
    before = _size(folder.path)
    compact_all(folder, opened, history=history, keep_days=keep_days, now_ns=time.time_ns())
    shrink_database(opened)
    _report({"before_bytes": before, "after_bytes": _size(folder.path)}, output)


@store.command("back-up")
def back_up(
    target: Annotated[Path, typer.Argument(help="the tar file to write", show_default=False)],
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Write everything to one tar file; the server may run."""
    DataFolder(data).demand()
    folder, opened = open_data(data, database)
    _report({"path": str(target), "bytes": write_back_up(folder, opened, target)}, output)


@store.command()
def restore(
    source: Annotated[Path, typer.Argument(help="a back-up", show_default=False)],
    data: DataOption = DEFAULT_DATA,
    output: FormatOption = Format.TEXT,
) -> None:
    """Unpack a back-up into an empty data folder."""
    read_back_up(source, data)
    _report({"path": str(source), "restored_to": str(data)}, output)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _report(answer: dict[str, object], output: Format) -> None:
    if output is Format.JSON:
        print_json(answer)
    else:
        print_text("  ".join(f"{name} {value}" for name, value in answer.items()))
