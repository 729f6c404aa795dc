"""Finds what a workflow that runs here is governed by: its repository's settings, and its organisation's policies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.adapters.local_git import LocalGitRepository
from app.adapters.settings_files import settings_beside
from app.adapters.spec_files import read_text
from app.adapters.telemetry_files import read_telemetry
from app.errors import PathError, UnusableRepositoryError
from app.settings import SETTINGS_PATH, BudgetSettings, Settings
from app.use_cases.keep_budget import BudgetKeeper
from app.use_cases.read_organisation import missing_policies, read_organisation
from app.use_cases.read_settings import read_settings
from policy_dsl import Policy
from telemetry import Run
from workflow import Workflow, parse_policies


@dataclass(frozen=True, slots=True)
class Governance:
    """The settings and the policies that a change to them can't escape by itself."""

    settings: Settings
    organisation: tuple[Policy, ...] = ()


def open_governance(spec: Path) -> Governance:
    """Read both from the default branch of the spec's repository, as committed.

    Where no default branch is to be found (no repository, no commit yet, a CI checkout with a detached head), the files
    of the spec's folder and those above it count.
    """
    folder = spec.resolve().parent
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return _read_files(spec)
    try:
        host = LocalGitRepository(folder)
        settings = read_settings(host)
        return Governance(settings, read_organisation(host, settings))
    except UnusableRepositoryError:
        return _read_files(spec)


def open_budget(settings: Settings, workflow: Workflow, telemetry: Path | None) -> BudgetKeeper:
    """Build what keeps the budget, from what the telemetry written so far says was spent."""
    is_limited = settings.budgets != BudgetSettings()
    runs: Sequence[Run] = ()
    if is_limited and telemetry is not None and telemetry.exists():
        runs = read_telemetry([telemetry]).assembled.runs
    return BudgetKeeper(settings.budgets, workflow, runs)


def _read_files(spec: Path) -> Governance:
    settings = settings_beside(spec)
    wanted = settings.policies.organisation
    if wanted is None:
        return Governance(settings)
    top = next(folder for folder in spec.resolve().parents if (folder / SETTINGS_PATH).is_file())
    path = (top / wanted).resolve()
    if not path.is_relative_to(top):
        raise PathError(wanted, "leads out of the repository")
    if not path.is_file():
        raise missing_policies(wanted, str(top))
    return Governance(settings, parse_policies(read_text(path), path=wanted))
