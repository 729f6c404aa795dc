"""Offers a new repository one pull request that adds its settings, and goes by what people do with it.

Merged: we work here. Closed: we don't, until somebody reopens it or says `/flujo resume`. A repository that has
settings needs no pull request; one without specs gets none, and hears nothing of us.
"""

import hashlib
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from app.behaviours.onboarding_page import (
    COMMIT_MESSAGE,
    FIRST_SETTINGS,
    TITLE,
    OnboardingView,
    render_onboarding,
)
from app.behaviours.workplace import Workplace
from app.errors import (
    GitHubNotFoundError,
    LostRaceError,
    PathError,
    SettingsError,
    UnusableRepositoryError,
)
from app.forge import PullRequest, PullRequestDraft, PullRequestState
from app.jobs.handlers import Later
from app.ports import Branch
from app.settings import SETTINGS_PATH, Settings, parse_settings
from app.store import (
    Onboarding,
    RepositoryState,
    Work,
    ask,
    find_onboarding,
    find_repository,
    save_onboarding,
    save_repository,
)
from app.use_cases.read_runs import read_runs
from app.use_cases.survey_repository import survey_repository
from app.webhooks.events import DASHBOARD, REPOSITORY

BRANCH: Final = "flujo/configure"
"""Where the settings are offered."""

_TRY_AGAIN: Final = timedelta(minutes=15)
_LOST_ANSWERS: Final = timedelta(days=30)
"""How far back a pull request is looked for whose number we never got to keep."""

_UNDECIDED: Final = frozenset({RepositoryState.ONBOARDING, RepositoryState.OPTED_OUT})


class Next(Enum):
    """What is to be done about the pull request."""

    OFFER = auto()
    REFRESH = auto()
    BEGIN = auto()
    STAY_OUT = auto()


def choose_next(state: PullRequestState | None, *, has_settings: bool) -> Next:
    """Decide by what is there: the settings on the default branch, and our pull request (None: there is none)."""
    if has_settings or state is PullRequestState.MERGED:
        return Next.BEGIN
    if state is None:
        return Next.OFFER
    return Next.REFRESH if state is PullRequestState.OPEN else Next.STAY_OUT


def onboard_repository(place: Workplace, _: str) -> Later | None:
    """Bring the pull request, and with it the repository's state, up to date."""
    with place.store.snapshot() as rows:
        repository = find_repository(rows, place.repository.id)
        known = find_onboarding(rows) or Onboarding()
    if repository is None or repository.state not in _UNDECIDED:
        return None
    if place.is_stopped:
        return Later(place.now + _TRY_AGAIN, "everything is stopped")
    default = _find_default(place)
    if default is None:
        return None
    pull = _find_pull(place, known)
    match choose_next(pull.state if pull else None, has_settings=_has_settings(place, default)):
        case Next.BEGIN:
            _tidy(place, pull)
            _settle(place, RepositoryState.ACTIVE)
        case Next.STAY_OUT:
            _settle(place, RepositoryState.OPTED_OUT)
        case Next.REFRESH if pull is not None:
            _settle(place, RepositoryState.ONBOARDING)
            _refresh(place, known, pull)
        case _:
            _settle(place, RepositoryState.ONBOARDING)
            _offer(place, known, default)
    return None


def invite_again(place: Workplace) -> None:
    """Forget that our pull request was closed, and have another one offered."""
    with place.store.transaction() as rows:
        known = find_repository(rows, place.repository.id)
        if known is None or known.state is not RepositoryState.OPTED_OUT:
            return
        closed = find_onboarding(rows) or Onboarding()
        save_onboarding(rows, replace(closed, forgotten=max(closed.number, closed.forgotten)))
        save_repository(
            rows, replace(known, state=RepositoryState.ONBOARDING, updated_at=place.now)
        )
        ask(rows, Work(known.key, REPOSITORY, "", known.installation_id), at=place.now)


def _find_default(place: Workplace) -> Branch | None:
    try:
        return place.code.default_branch()
    except UnusableRepositoryError:
        return None


def _has_settings(place: Workplace, default: Branch) -> bool:
    """Whether there are settings, be they wrong: then somebody wants us, and is told so in a check."""
    try:
        return place.code.blob_sha(default.commit, SETTINGS_PATH) is not None
    except PathError:
        return True


def _find_pull(place: Workplace, known: Onboarding) -> PullRequest | None:
    """Return the pull request that counts: the one we remember, else one whose opening we didn't live to hear of."""
    if known.number > known.forgotten:
        try:
            return place.forge.pull_requests.get(known.number)
        except GitHubNotFoundError:
            return None
    since = place.now - _LOST_ANSWERS
    me = place.forge.people.me().id
    found = (
        pull
        for pull in place.forge.pull_requests.list_ours(BRANCH, since=since)
        if pull.head_branch == BRANCH and pull.author.id == me and pull.number > known.forgotten
    )
    return max(found, key=lambda pull: pull.number, default=None)


def _offer(place: Workplace, known: Onboarding, default: Branch) -> None:
    if not Settings().select_specs(place.code.list_files(default.commit)):
        return
    branch = place.code.branch(BRANCH) or _make_branch(place, default)
    body = _render(place, branch.commit)
    draft = PullRequestDraft(BRANCH, default.name, TITLE, body)
    pull = place.forge.pull_requests.open(draft)
    _keep(place, replace(known, number=pull.number, body_sha256=_hash(body)))


def _make_branch(place: Workplace, default: Branch) -> Branch:
    ref = place.code.prepare_commit(
        parent=default.commit,
        path=SETTINGS_PATH,
        content=FIRST_SETTINGS.encode(),
        message=COMMIT_MESSAGE,
    )
    return place.code.create_branch(BRANCH, ref.commit)


def _refresh(place: Workplace, known: Onboarding, pull: PullRequest) -> None:
    """Say anew what the settings on the branch would do, if that is something else than what we said last."""
    body = _render(place, pull.head_commit)
    told = replace(known, number=pull.number, body_sha256=_hash(body))
    if told.body_sha256 != known.body_sha256:
        place.forge.pull_requests.edit(pull.number, body=body)
    if told != known:
        _keep(place, told)


def _render(place: Workplace, commit: str) -> str:
    """Tell of a commit's settings, which are read for this alone: they are in force only once they are merged."""
    settings, error = _read_settings(place, commit)
    share = settings.telemetry.max_share
    runs = read_runs(place.store, place.repository.key, now=place.now, max_share=share).runs
    survey = survey_repository(place.code, commit, settings, runs)
    return render_onboarding(OnboardingView(settings, survey, place.now, error))


def _read_settings(place: Workplace, commit: str) -> tuple[Settings, SettingsError | None]:
    try:
        content = place.code.read_file(commit, SETTINGS_PATH)
        return parse_settings(content.decode() if content else ""), None
    except SettingsError as error:
        return Settings(), error
    except (UnicodeDecodeError, PathError):
        return Settings(), SettingsError("isn't a plain UTF-8 text file", path=SETTINGS_PATH)


def _tidy(place: Workplace, pull: PullRequest | None) -> None:
    """Take away what we offered once the settings are there, unless somebody works on it."""
    if pull is None:
        return
    if pull.state is PullRequestState.OPEN:
        place.forge.pull_requests.close(pull.number)
    branch = place.code.branch(BRANCH)
    if branch is None or branch.commit != pull.head_commit:
        return
    try:
        place.forge.delete_branch(BRANCH, expected=pull.head_commit)
    except LostRaceError:
        return


def _settle(place: Workplace, state: RepositoryState) -> None:
    """Keep the state; who has just become active gets what an active repository has."""
    with place.store.transaction() as rows:
        known = find_repository(rows, place.repository.id)
        if known is None or known.state is state or known.state not in _UNDECIDED:
            return
        save_repository(rows, replace(known, state=state, updated_at=place.now))
        if state is RepositoryState.ACTIVE:
            for kind in (REPOSITORY, DASHBOARD):
                ask(rows, Work(known.key, kind, "", known.installation_id), at=place.now)


def _keep(place: Workplace, onboarding: Onboarding) -> None:
    with place.store.transaction() as rows:
        save_onboarding(rows, onboarding)


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
