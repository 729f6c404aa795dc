"""Whether anything may be written for a repository now, and if not, why: the one place where every stop is honoured.

Ask right before writing: a person may have stopped us a second ago. Four things stop us: the server's environment
(`STOP_VARIABLE`), a command or the dashboard (`paused_until`), the settings (`mode: silent`), and a label
(`HOLD_LABEL`) on the thing that would be changed, or on the dashboard issue for all of the repository.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from app.settings import Mode, Settings
from app.store import Repository, RepositoryState, Store, find_dashboard, find_repository

STOP_VARIABLE: Final = "FLUJO_PAUSED"
"""The environment variable that stops all writing, everywhere, when it is anything but empty or 0."""

HOLD_LABEL: Final = "flujo:hold"
"""Keeps us from what carries it."""

_NOT_ACTIVE: Final = {
    RepositoryState.ONBOARDING: "the pull request that sets it up isn't merged",
    RepositoryState.SUSPENDED: "the App is suspended on this account",
    RepositoryState.REMOVED: "the App isn't installed here any more",
    RepositoryState.ARCHIVED: "the repository is archived",
    RepositoryState.OPTED_OUT: "the pull request that sets it up was closed",
}


def why_not_write(
    store: Store,
    repository_id: int,
    settings: Settings,
    *,
    now: datetime,
    is_stopped: bool = False,
    labels: Collection[str] = (),
) -> str | None:
    """Return why nothing may be written, in words for people, or None when it may; all is read anew from the rows.

    `is_stopped` is what the environment says, `labels` are those of the thing that would be changed.
    """
    with store.snapshot() as rows:
        repository, dashboard = find_repository(rows, repository_id), find_dashboard(rows)
    if is_stopped:
        return "this server is stopped by its environment"
    if repository is None:
        return "the repository isn't known"
    if HOLD_LABEL in labels:
        return f"it has the label {HOLD_LABEL}"
    if dashboard is not None and dashboard.is_held:
        return f"the dashboard has the label {HOLD_LABEL}"
    return _why_not(repository, settings, now)


def is_set(value: str | None) -> bool:
    """Whether an environment variable says yes; whoever writes anything but 0 means it."""
    return (value or "").strip() not in {"", "0"}


def _why_not(repository: Repository, settings: Settings, now: datetime) -> str | None:
    if repository.state is not RepositoryState.ACTIVE:
        return _NOT_ACTIVE[repository.state]
    if repository.paused_until is not None and now < repository.paused_until:
        return f"it is paused until {repository.paused_until:%Y-%m-%d %H:%M} UTC"
    return "the settings say `mode: silent`" if settings.mode is Mode.SILENT else None
