"""Which behaviours each kind of work asks for, and how a repository is opened for them."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from app.behaviours.advance_rollout import advance_rollout, ask_for_rollouts
from app.behaviours.answer_command import answer_command
from app.behaviours.check_pull_request import (
    check_again,
    check_pull_request,
    check_pull_requests_of,
)
from app.behaviours.dashboard_issue import answer_dashboard, refresh_dashboard
from app.behaviours.end_proposal import ROLLOUT
from app.behaviours.follow_installation import follow_installation
from app.behaviours.follow_repository import follow_repository
from app.behaviours.onboard_repository import onboard_repository
from app.behaviours.publish_proposals import publish_proposals
from app.behaviours.refresh_proposals import (
    REBASE,
    rebase_proposal,
    refresh_proposal,
    refresh_proposals,
)
from app.behaviours.run_in_order import run_in_order
from app.behaviours.sweep_repository import PUBLISH, sweep_repository
from app.behaviours.workplace import NO_MEANS, Behaviour, Means, Workplace
from app.errors import GitHubRateLimitedError, UnusableRepositoryError
from app.forge import AppForge, Forge, InstalledRepository
from app.jobs.handlers import Context, Handler, Handlers, Later
from app.jobs.reconcile import REVIEW
from app.jobs.schedules import SWEEP
from app.ports import Branch
from app.settings import Settings
from app.store import Repository, RepositoryState, find_repository
from app.use_cases.settings_in_force import read_settings_in_force
from app.use_cases.standing import STOP_VARIABLE, is_set
from app.webhooks.events import (
    CHECK_AGAIN,
    CHECKS,
    COMMAND,
    DASHBOARD,
    DEFAULT_BRANCH,
    INSTALLATION,
    PULL_REQUEST,
    REPOSITORY,
)

InstallationBehaviour = Callable[[AppForge, Context, str], Later | None]
"""Brings an installation up to date; its work belongs to no repository."""

ON_REPOSITORY: Final[Mapping[str, tuple[Behaviour, ...]]] = {
    PULL_REQUEST: (check_pull_request, refresh_proposal, ask_for_rollouts),
    CHECKS: (check_pull_requests_of, ask_for_rollouts),
    CHECK_AGAIN: (check_again,),
    COMMAND: (answer_command, refresh_dashboard),
    REBASE: (rebase_proposal,),
    ROLLOUT: (advance_rollout,),
    SWEEP: (sweep_repository,),
    PUBLISH: (publish_proposals, refresh_dashboard),
    REVIEW: (refresh_proposals, publish_proposals, ask_for_rollouts, refresh_dashboard),
    DEFAULT_BRANCH: (follow_repository, refresh_proposals, ask_for_rollouts),
    REPOSITORY: (follow_repository, onboard_repository),
    DASHBOARD: (answer_dashboard,),
}
"""What is done in a repository, in this order."""

WHILE_SETTING_UP: Final[Mapping[str, tuple[Behaviour, ...]]] = {
    REPOSITORY: (follow_repository, onboard_repository),
    DEFAULT_BRANCH: (follow_repository, onboard_repository),
    PULL_REQUEST: (onboard_repository,),
    COMMAND: (answer_command,),
}
"""What is done instead in a repository whose owners haven't decided for us yet, or have against us."""

ON_INSTALLATION: Final[Mapping[str, tuple[InstallationBehaviour, ...]]] = {
    INSTALLATION: (follow_installation,)
}
"""What is done for an installation, in this order."""

IN_ANY_STATE: Final = frozenset({REPOSITORY})
"""Work that is done in archived, suspended and left repositories too: it finds out that they are."""


def build_behaviours(
    forge: AppForge,
    *,
    means: Means = NO_MEANS,
    on_repository: Mapping[str, tuple[Behaviour, ...]] = ON_REPOSITORY,
    on_installation: Mapping[str, tuple[InstallationBehaviour, ...]] = ON_INSTALLATION,
) -> Handlers:
    """Return the handlers of everything that GitHub's events ask for."""
    return {
        **{
            kind: partial(_work_in_repository, forge, means, kind, steps)
            for kind, steps in on_repository.items()
        },
        **{kind: _work_on_installation(forge, steps) for kind, steps in on_installation.items()},
    }


def open_workplace(
    forge: AppForge, context: Context, repository: Repository, means: Means = NO_MEANS
) -> Workplace:
    """Open a repository with the settings in force; where we may not work, nothing of it is read."""
    installed = InstalledRepository(repository.id, repository.full_name)
    opened = forge.open(repository.installation_id, installed)
    place = Workplace(
        opened,
        context.store,
        repository,
        Settings(),
        context.now,
        is_stopped=is_set(os.environ.get(STOP_VARIABLE)),
    )
    is_ours = repository.state is RepositoryState.ACTIVE
    default = _find_default(opened, repository) if is_ours else None
    if default is None:
        return place
    found = read_settings_in_force(opened.code, default, context.store)
    return replace(
        place,
        settings=found.settings,
        settings_error=found.error,
        default=default,
        means=means,
    )


def _find_default(forge: Forge, repository: Repository) -> Branch | None:
    """Return the default branch: of the name we know, else of the name it has now."""
    known = forge.code.branch(repository.default_branch) if repository.default_branch else None
    try:
        return known or forge.code.default_branch()
    except UnusableRepositoryError:
        return None


def _work_in_repository(
    forge: AppForge,
    means: Means,
    kind: str,
    behaviours: tuple[Behaviour, ...],
    context: Context,
    key: str,
) -> Later | None:
    repository = _find(context)
    if repository is None:
        return None
    behaviours = _choose(kind, behaviours, repository.state)
    if not behaviours:
        return None
    try:
        place = open_workplace(forge, context, repository, means)
    except GitHubRateLimitedError as error:
        return Later(error.until, "GitHub's limit")
    return run_in_order(partial(behave, place, key) for behave in behaviours)


def _choose(
    kind: str, behaviours: tuple[Behaviour, ...], state: RepositoryState
) -> tuple[Behaviour, ...]:
    """Return what is done for work of a kind in a repository of this state."""
    if state in {RepositoryState.ONBOARDING, RepositoryState.OPTED_OUT}:
        return WHILE_SETTING_UP.get(kind, ())
    return behaviours if state is RepositoryState.ACTIVE or kind in IN_ANY_STATE else ()


def _work_on_installation(
    forge: AppForge, behaviours: tuple[InstallationBehaviour, ...]
) -> Handler:
    def work(context: Context, key: str) -> Later | None:
        return run_in_order(partial(behave, forge, context, key) for behave in behaviours)

    return work


def _find(context: Context) -> Repository | None:
    """Return the repository whose work it is; None when we never heard of it, or it was forgotten."""
    _, _, number = context.store.repository.rpartition(":")
    if not number.isdigit():
        return None
    with context.store.snapshot() as rows:
        return find_repository(rows, int(number))
