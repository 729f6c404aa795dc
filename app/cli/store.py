"""`flujo store`: look after what a server keeps."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Format, FormatOption, print_json, print_text
from app.cli.serving import DEFAULT_DATA, DatabaseOption, DataOption, open_data
from app.segments.archive import back_up as write_back_up
from app.segments.archive import restore as read_back_up
from app.segments.layout import DataFolder
from app.segments.texts import KeptText, list_texts
from app.segments.worker import compact_all
from app.store import shrink_database

store = typer.Typer(
    help="Compact, back up, restore and read what a server keeps.", no_args_is_help=True
)


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
    keep_text_days: Annotated[
        int | None, typer.Option(min=1, help="also forget texts that are older [default: keep all]")
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Turn worked-off segments into Parquet, forget what is too old, give space back; the server must be down."""
    DataFolder(data).demand()
    folder, opened = open_data(data, database)
    before = _size(folder.path)
    compact_all(
        folder,
        opened,
        history=history,
        keep_days=keep_days,
        keep_text_days=keep_text_days,
        now_ns=time.time_ns(),
    )
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


@store.command("text")
def show_texts(
    repository: Annotated[str, typer.Option("--repository", help="only this one's")] = "",
    trace: Annotated[str, typer.Option("--trace", help="only this trace's")] = "",
    step: Annotated[str, typer.Option("--step", help="only this step's")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="how many at most")] = 100,
    data: DataOption = DEFAULT_DATA,
    output: FormatOption = Format.TEXT,
) -> None:
    """Print texts that `--keep-text` kept, newest first; they are redacted, and what detectors miss is in them."""
    folder = DataFolder(data)
    folder.demand()
    found = list_texts(
        folder.texts, repository=repository, trace_id=trace, step_id=step, limit=limit
    )
    if output is Format.JSON:
        print_json({"texts": [_text_to_json(kept) for kept in found]})
        return
    for kept in found:
        text = kept.text
        place = f"{kept.repository} {text.step_id or '(no step)'} {text.trace_id}/{text.span_id}"
        print_text(_one_line(f"{place} {text.name}: {text.text}"))
    if not found:
        print_text("no texts; `flujo serve --keep-text` keeps them")


@store.command()
def restore(
    source: Annotated[Path, typer.Argument(help="a back-up", show_default=False)],
    data: DataOption = DEFAULT_DATA,
    output: FormatOption = Format.TEXT,
) -> None:
    """Unpack a back-up into an empty data folder."""
    read_back_up(source, data)
    _report({"path": str(source), "restored_to": str(data)}, output)


def _text_to_json(kept: KeptText) -> dict[str, object]:
    received_at = datetime.fromtimestamp(kept.received_ns / 1e9, UTC)
    told = {"repository": kept.repository, "received_at": received_at.isoformat()}
    return {**told, **kept.text._asdict()}


def _one_line(text: str) -> str:
    """Show what could move the cursor as what it is."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _report(answer: dict[str, object], output: Format) -> None:
    if output is Format.JSON:
        print_json(answer)
    else:
        print_text("  ".join(f"{name} {value}" for name, value in answer.items()))
