"""What commands print: JSON or text on standard output, progress and notes on standard error."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli.interruption import stop_if_interrupted

YES, NO, CANNOT_DECIDE = 0, 1, 2
"""The contract of every command: 0 yes, 1 no (failed, denied, refused), 2 can't decide (bad input)."""


class Format(StrEnum):
    """How a command answers."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json for programs")
]

out = Console(highlight=False, soft_wrap=True)
notes = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(answer: Mapping[str, object] | Sequence[object]) -> None:
    """Print one JSON document."""
    text = orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str)
    sys.stdout.write(text.decode() + "\n")


def print_text(text: str) -> None:
    """Print plain text: nothing in it is markup."""
    out.print(text, markup=False, emoji=False)


def note(text: str) -> None:
    """Say something beside the answer."""
    notes.print(text, markup=False, emoji=False, style="dim")


@contextmanager
def progress_bar(title: str, total: int) -> Iterator["Advance"]:
    """Show a bar on a terminal, nothing elsewhere."""
    columns = (
        TextColumn("{task.description:<28}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, disable=not notes.is_terminal) as progress:
        yield Advance(progress, progress.add_task(title, total=total))


class Advance:
    """Moves a bar on by one, whatever it is told; a point where Ctrl-C is heeded."""

    def __init__(self, progress: Progress, task: int) -> None:
        self._progress = progress
        self._task = task

    def __call__(self, _: object = None) -> None:
        stop_if_interrupted()
        self._progress.advance(self._task)  # type: ignore[arg-type]
