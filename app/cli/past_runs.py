"""Where `suggest` and `sweep` take past runs from: files of spans, or what a server keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.adapters.telemetry_files import read_telemetry
from app.cli.output import note
from app.cli.serving import DEFAULT_DATA, open_kept
from app.errors import BadInputError
from app.settings import Settings
from app.store import LOCAL
from app.use_cases.read_runs import read_runs
from meta_agent import Traffic
from telemetry import Run

ServerOption = Annotated[
    Path | None, typer.Option("--data-dir", help="a server's data folder, instead of files")
]
RepositoryOption = Annotated[
    str, typer.Option("--repository", help="whose runs the server is asked for")
]


@dataclass(frozen=True, slots=True)
class Server:
    """A server's store, as it is named on the command line; nothing is named by default."""

    data: Path | None = None
    database: str | None = None
    repository: str = LOCAL

    @property
    def is_named(self) -> bool:
        """Whether runs are to be read from it."""
        return self.data is not None or self.database is not None


@dataclass(frozen=True, slots=True)
class PastRuns:
    """Runs, how often workflows run as far as that was counted, and how many lines couldn't be read."""

    runs: Sequence[Run]
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    skipped: int = 0


def read_past_runs(
    files: Sequence[Path], server: Server, settings: Settings, *, now: datetime
) -> PastRuns:
    """Read runs from files or from a server, and note what didn't become one; raises `BadInputError` for both."""
    if not server.is_named:
        return _read_files(files)
    if files:
        raise BadInputError("runs come from --telemetry or from a server's --data-dir, not both")
    _, store = open_kept(server.data or DEFAULT_DATA, server.database)
    share = settings.telemetry.max_share
    found = read_runs(store, server.repository, now=now, max_share=share)
    if not found.runs:
        note(
            f"the server has no whole runs of {server.repository!r}: a run is whole half a minute"
            " after its last span; --repository names another"
        )
    return PastRuns(found.runs, found.traffic)


def _read_files(files: Sequence[Path]) -> PastRuns:
    read = read_telemetry(files)
    for line in read.notes:
        note(line)
    return PastRuns(read.assembled.runs, skipped=len(read.bad_lines))
