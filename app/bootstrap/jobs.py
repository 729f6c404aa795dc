"""The process that runs jobs, beside the server: `python -m app.bootstrap.jobs`.

It is told where everything lies by one line of JSON on its standard input, and ends when that input does.
"""

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from app.behaviours.workplace import NO_MEANS, Means
from app.bootstrap.behaviours import build_behaviours
from app.bootstrap.means import open_means
from app.bootstrap.on_github import APP_ID_VARIABLE, open_app
from app.forge import AppForge
from app.jobs.advance import Workshop
from app.jobs.handlers import Handlers
from app.jobs.reconcile import make_reconcile, tidy_up
from app.jobs.schedules import RECONCILE, TIDY_UP
from app.jobs.worker import QueuePlace, run_jobs
from app.logs import log_to_stderr
from app.segments.layout import DataFolder
from app.store import open_store
from app.worker_input import input_ended, read_orders

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What the process needs to know; `database` is a URL, None for files in the data folder."""

    data: str
    database: str | None = None


def build_handlers(forge: AppForge | None, means: Means = NO_MEANS) -> Handlers:
    """Return what this version can do, by the kind of work; without an App, nothing on GitHub."""
    own: Handlers = {RECONCILE: make_reconcile(forge), TIDY_UP: tidy_up}
    return {**own, **build_behaviours(forge, means=means)} if forge else own


def tell_time() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def main() -> None:
    """Run as a process of its own."""
    log_to_stderr()
    options = JobOptions(**orjson.loads(read_orders()))
    folder = DataFolder(Path(options.data))
    store = open_store(folder.database, url=options.database)
    workshop = Workshop(store, build_handlers(_open_app(), open_means(os.environ)), tell_time)
    run_jobs(workshop, QueuePlace(folder.path, options.database), input_ended)


def _open_app() -> AppForge | None:
    """Open the App that the environment names; what comes meanwhile waits in its rows when none is named."""
    if not os.environ.get(APP_ID_VARIABLE):
        _LOG.warning("no_app set=%s", APP_ID_VARIABLE)
        return None
    return open_app(os.environ)


if __name__ == "__main__":
    main()
