"""Composes what there is to say of a pull request: its specs, its settings, its own tests, judged by the base."""

from app.adapters.price_list import reprice
from app.behaviours.changed_specs import PullRequestChange, read_specs
from app.behaviours.pull_request_review import PullRequestReview
from app.behaviours.workplace import Workplace
from app.errors import SettingsError
from app.forge import FileStatus, PullRequest
from app.use_cases.forecast_settings import SettingsForecast, forecast_settings
from app.use_cases.read_organisation import read_organisation
from app.use_cases.read_runs import read_runs
from app.use_cases.repository_check import CheckVerdict, judge_check
from app.use_cases.review_change import Grounding, Review, review_change
from policy_dsl import Policy
from telemetry import Run
from workflow import SpecError


def compose_review(
    place: Workplace, pull: PullRequest, change: PullRequestChange
) -> PullRequestReview:
    """Read both versions of every spec, and what they are judged by, and judge them."""
    specs = read_specs(place, change)
    organisation, notes = _read_organisation(place)
    notes += _tell_settings_error(place)
    if not change.is_complete:
        notes += ("This pull request changes more files than GitHub tells of.",)
    grounding = Grounding(
        place.settings, organisation or (), _read_runs(place) if specs else (), reprice
    )
    reviews = [
        review_change(
            each.path, each.before, each.after, grounding, previous_path=each.previous_path
        )
        for each in specs
    ]
    return PullRequestReview(
        reviews=tuple(sorted(reviews, key=_by_urgency)),
        own_tests=_find_own_tests(place, pull) if specs else CheckVerdict.ABSENT,
        own_check=place.settings.tests.check,
        settings=_forecast(place, change),
        notes=notes,
        unseen=len(change.files) - len(specs),
        is_clear=organisation is not None and change.is_complete,
    )


def _by_urgency(review: Review) -> tuple[bool, bool, str]:
    """Put what must be seen first, and the rest by path."""
    return review.is_valid and not review.forbidden, review.is_clear, review.path


def _read_organisation(place: Workplace) -> tuple[tuple[Policy, ...] | None, tuple[str, ...]]:
    """Return the organisation's policies; None, and why, when they can't be had."""
    if place.default is None:
        return (), ()
    try:
        return read_organisation(place.code, place.settings, place.default.commit), ()
    except (SettingsError, SpecError) as error:
        return None, (f"The organisation's policies can't be read, so they aren't judged: {error}",)


def _tell_settings_error(place: Workplace) -> tuple[str, ...]:
    if place.settings_error is None:
        return ()
    what = f"The settings of the default branch can't be read: {place.settings_error}."
    return (f"{what} The last good ones stay in force.",)


def _read_runs(place: Workplace) -> tuple[Run, ...]:
    """Return past runs, under whichever of its names they were sent."""
    share = place.settings.telemetry.max_share
    return read_runs(place.store, place.repository.key, now=place.now, max_share=share).runs


def _find_own_tests(place: Workplace, pull: PullRequest) -> CheckVerdict:
    commit, tests = pull.head_commit, place.settings.tests
    return judge_check(place.forge.checks.list(commit), commit, tests).verdict


def _forecast(place: Workplace, change: PullRequestChange) -> SettingsForecast | None:
    if change.settings is None:
        return None
    is_removed = change.settings.status is FileStatus.REMOVED
    content = None if is_removed else place.code.read_blob(change.settings.blob)
    paths = place.code.list_files(change.head)
    return forecast_settings(place.settings, content, paths)
