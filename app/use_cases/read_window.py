"""Reads what our own changes have added up to: many small steps are one large one."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from app.ports import CodeHost
from app.store import Application, list_applications
from app.use_cases.landings import World
from workflow import Workflow, parse_workflow

WINDOW: Final = timedelta(days=30)
"""How far back our own changes add up."""


def read_window(world: World, commit: str, current: Workflow) -> Sequence[Workflow]:
    """Return the versions before `current`, as `commit` has it, that we replaced in the window, oldest first.

    A version that somebody else wrote in between is a new start.
    """
    host, since = world.host, world.now - WINDOW
    with world.store.transaction() as rows:
        applied = [one for one in list_applications(rows, since=since) if one.path == current.path]
    versions: list[Workflow] = []
    blob = host.blob_sha(commit, current.path)
    for application in reversed(applied):
        if application.stands and application.blob_after == blob:
            versions.append(_read_blob(host, application, current))
            blob = application.blob_before
    return versions[::-1]


def _read_blob(host: CodeHost, application: Application, current: Workflow) -> Workflow:
    text = host.read_blob(application.blob_before).decode()
    allow = current.registry.allow
    return parse_workflow(text, path=current.path, read=current.read, allow=allow)
