"""Keeps our rows of an installation as GitHub has it: whose it is, whether it is suspended, what it reaches.

Nothing is taken from an event. What is new, renamed, moved here or back is looked at by work of its own.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.errors import GitHubNotFoundError
from app.forge import AppForge, InstalledRepository
from app.forge import Installation as Found
from app.jobs.handlers import Context
from app.store import (
    Installation,
    InstallationState,
    Repository,
    RepositoryState,
    Transaction,
    Work,
    ask,
    find_installation,
    find_repository,
    list_repositories,
    save_installation,
    save_repository,
)
from app.webhooks.events import REPOSITORY

_ENDED: Final = {
    InstallationState.SUSPENDED: RepositoryState.SUSPENDED,
    InstallationState.REMOVED: RepositoryState.REMOVED,
}
_CAME_BACK: Final = frozenset(_ENDED.values())
"""States that say nothing of the repository itself; what it was before is found out anew."""


def follow_installation(forge: AppForge, context: Context, _: str) -> None:
    """Bring the rows of one installation up to date; one that we never heard of and that isn't there leaves none."""
    try:
        found = forge.installation(context.installation_id)
    except GitHubNotFoundError:
        with context.store.transaction() as rows:
            _end(rows, context, InstallationState.REMOVED)
        return
    reached = () if found.is_suspended else forge.repositories(found.id)
    with context.store.transaction() as rows:
        if found.is_suspended:
            _save(rows, found, InstallationState.SUSPENDED, context.now)
            _end(rows, context, InstallationState.SUSPENDED)
        else:
            _save(rows, found, InstallationState.ACTIVE, context.now)
            _follow_repositories(rows, context, reached)


def _save(rows: Transaction, found: Found, state: InstallationState, now: datetime) -> None:
    account = found.account
    save_installation(rows, Installation(found.id, account.id, account.login, now, state))


def _end(rows: Transaction, context: Context, state: InstallationState) -> None:
    known = find_installation(rows, context.installation_id)
    if known is not None:
        save_installation(rows, replace(known, state=state, updated_at=context.now))
    for each in list_repositories(rows, installation_id=context.installation_id):
        _move(rows, each, _ENDED[state], context.now)


def _follow_repositories(
    rows: Transaction, context: Context, reached: Iterable[InstalledRepository]
) -> None:
    by_id = {each.id: each for each in reached}
    for known in list_repositories(rows, installation_id=context.installation_id):
        if known.id not in by_id:
            _move(rows, known, RepositoryState.REMOVED, context.now)
    for each in by_id.values():
        _follow(rows, context, each)


def _follow(rows: Transaction, context: Context, found: InstalledRepository) -> None:
    fresh = Repository(
        found.id,
        context.installation_id,
        found.full_name,
        context.now,
        state=RepositoryState.ONBOARDING,
    )
    known = find_repository(rows, found.id)
    if known is not None:
        state = RepositoryState.ONBOARDING if known.state in _CAME_BACK else known.state
        moved = replace(known, installation_id=context.installation_id, full_name=found.full_name)
        fresh = replace(moved, state=state)
        if fresh == known:
            return
    save_repository(rows, replace(fresh, updated_at=context.now))
    ask(rows, Work(fresh.key, REPOSITORY, "", context.installation_id), at=context.now)


def _move(rows: Transaction, known: Repository, state: RepositoryState, now: datetime) -> None:
    if known.state is not state:
        save_repository(rows, replace(known, state=state, updated_at=now))
