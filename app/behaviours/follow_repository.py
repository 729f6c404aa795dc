"""Keeps our row of a repository as GitHub has it: its name, default branch, whether it is archived, its schedule."""

from dataclasses import replace
from typing import Final

from app.behaviours.workplace import Workplace
from app.errors import GitHubNotFoundError, GitHubPermissionError
from app.forge import Repository as Found
from app.store import (
    Repository,
    RepositoryState,
    Work,
    ask,
    claim_telemetry,
    find_repository,
    save_repository,
)
from app.webhooks.events import DEFAULT_BRANCH, INSTALLATION

_OUT_OF_REACH: Final = frozenset({RepositoryState.SUSPENDED, RepositoryState.REMOVED})
"""States that follow from the installation, not from the repository."""


def follow_repository(place: Workplace, _: str) -> None:
    """Read the repository's facts and keep them; whether we still reach it is for its installation to say."""
    if place.repository.state in _OUT_OF_REACH:
        return
    try:
        found = place.forge.repository()
    except (GitHubNotFoundError, GitHubPermissionError):
        _ask_for_installation(place)
        return
    with place.store.transaction() as rows:
        known = find_repository(rows, place.repository.id)
        if known is None or known.state in _OUT_OF_REACH:
            return
        fresh = _bring_up_to_date(known, found, place)
        if fresh != known:
            save_repository(rows, replace(fresh, updated_at=place.now))
        if fresh.default_branch != known.default_branch:
            work = Work(fresh.key, DEFAULT_BRANCH, "", fresh.installation_id)
            ask(rows, work, at=place.now)
        claim_telemetry(rows, found.full_name)


def _bring_up_to_date(known: Repository, found: Found, place: Workplace) -> Repository:
    fresh = replace(
        known,
        full_name=found.full_name,
        default_branch=found.default_branch,
        state=_choose_state(known.state, is_archived=found.is_archived),
    )
    if place.default is None or place.default.name != found.default_branch:
        return fresh  # these settings aren't those of the branch that counts now
    return replace(fresh, schedule=place.settings.schedule, timezone=place.settings.timezone)


def _choose_state(known: RepositoryState, *, is_archived: bool) -> RepositoryState:
    """Return the state; what an archived repository was before is found out by onboarding it again."""
    if is_archived:
        return RepositoryState.ARCHIVED
    return RepositoryState.ONBOARDING if known is RepositoryState.ARCHIVED else known


def _ask_for_installation(place: Workplace) -> None:
    number = place.repository.installation_id
    with place.store.transaction() as rows:
        ask(rows, Work(f"{INSTALLATION}:{number}", INSTALLATION, "", number), at=place.now)
