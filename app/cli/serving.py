"""Options of the commands that work on a server's data folder."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app.segments.layout import DataFolder
from app.store import Store, open_store

DATABASE_VARIABLE = "FLUJO_DATABASE_URL"
"""Holds a URL with a password, where arguments could be read by others."""

DataOption = Annotated[Path, typer.Option("--data-dir", help="where the server keeps everything")]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", help=f"PostgreSQL URL [default: ${DATABASE_VARIABLE}, else a file]"),
]
KeepTextOption = Annotated[
    bool, typer.Option("--keep-text", help="keep prompts, answers and messages, redacted and apart")
]
DEFAULT_DATA = Path(".flujo/server")


def choose_database(given: str | None) -> str | None:
    """Return the URL that was given, or the variable's; None for the file in the data folder."""
    return given or os.environ.get(DATABASE_VARIABLE) or None


def open_data(data: Path, database: str | None) -> tuple[DataFolder, Store]:
    """Open a data folder and its store, both made if there is none."""
    folder = DataFolder(data)
    return folder, open_store(folder.database, url=choose_database(database))


def open_kept(data: Path, database: str | None) -> tuple[DataFolder, Store]:
    """Open what a server kept, and make nothing; raises `BadInputError` where there is neither a folder nor a URL."""
    if choose_database(database) is None:
        DataFolder(data).demand()
    return open_data(data, database)
