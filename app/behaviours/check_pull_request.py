"""Judges every pull request that touches a spec or the settings, and says so in one check; silent about all others.

The check is kept up to date, not multiplied: what was said is remembered, and said again only when it would be other
words. Whoever asks for it to be run again gets it anew.
"""

import hashlib
from dataclasses import astuple
from typing import Final

import orjson

from app.behaviours.changed_specs import find_changes
from app.behaviours.compose_review import compose_review
from app.behaviours.pull_request_review import PullRequestReview
from app.behaviours.review_page import render_summary, render_text, render_title
from app.behaviours.workplace import Workplace
from app.errors import GitHubNotFoundError
from app.forge import (
    Annotation,
    AnnotationLevel,
    CheckConclusion,
    CheckReport,
    CheckStatus,
    PullRequest,
    PullRequestState,
)
from app.jobs.handlers import Later
from app.store import ReviewRecord, find_review, keep_review, list_reviews_of
from workflow import Diagnostic, Severity

CHECK: Final = "flujo"
"""What our check is called; protect a branch with it to demand valid specs."""

_MOST_ANNOTATIONS: Final = 100
_NOTHING_LEFT: Final = "no spec changes any more"


def check_pull_request(place: Workplace, key: str) -> Later | None:
    """Bring the check of a pull request up to date; the key is its number."""
    number = int(key)
    try:
        pull = place.forge.pull_requests.get(number)
    except GitHubNotFoundError:
        return None
    if pull.state is not PullRequestState.OPEN:
        return None
    with place.store.snapshot() as rows:
        known = find_review(rows, number)
    change = find_changes(place, pull)
    if change.is_empty and known is None:
        return None
    found = None if change.is_empty else compose_review(place, pull, change)
    _tell(place, number, _report(pull, found) if found else _take_back(pull), known)
    return None


def check_pull_requests_of(place: Workplace, key: str) -> Later | None:
    """Bring the checks on a commit up to date after others' checks ended; the key is the commit."""
    with place.store.snapshot() as rows:
        known = list_reviews_of(rows, key)
    for record in known:
        check_pull_request(place, str(record.number))
    return None


def check_again(place: Workplace, key: str) -> Later | None:
    """Say anew what there is to say of a commit, though it be the same words; the key is the commit."""
    with place.store.transaction() as rows:
        for record in list_reviews_of(rows, key):
            keep_review(rows, ReviewRecord(record.number, record.head_commit, ""))
    return check_pull_requests_of(place, key)


def _tell(place: Workplace, number: int, report: CheckReport, known: ReviewRecord | None) -> None:
    digest = hashlib.sha256(orjson.dumps(astuple(report))).hexdigest()
    told = ReviewRecord(number, report.commit, digest)
    if told == known:
        return
    place.forge.checks.report(report)
    with place.store.transaction() as rows:
        keep_review(rows, told)


def _take_back(pull: PullRequest) -> CheckReport:
    """A check that was demanded must still end, or the pull request could never merge."""
    return CheckReport(
        name=CHECK,
        commit=pull.head_commit,
        external_id=f"pull-{pull.number}",
        status=CheckStatus.COMPLETED,
        title=_NOTHING_LEFT,
        summary="An earlier commit of this pull request changed a spec; this one doesn't.",
        conclusion=CheckConclusion.NEUTRAL,
    )


def _report(pull: PullRequest, found: PullRequestReview) -> CheckReport:
    annotations = _annotate(found)
    # GitHub never takes an annotation back: other ones are told by another run of the check.
    marks = orjson.dumps([astuple(each) for each in annotations])
    telling = hashlib.sha256(marks).hexdigest()[:12] if annotations else "clean"
    return CheckReport(
        name=CHECK,
        commit=pull.head_commit,
        external_id=f"pull-{pull.number}-{telling}",
        status=CheckStatus.COMPLETED,
        title=render_title(found),
        summary=render_summary(found),
        text=render_text(found),
        conclusion=found.conclusion,
        annotations=annotations,
    )


def _annotate(found: PullRequestReview) -> tuple[Annotation, ...]:
    """Put problems on their lines: errors of all specs first, so that a limit leaves out what matters less."""
    faults = [_to_annotation(one.path, each) for one in found.reviews for each in one.faults]
    warnings = [_to_annotation(one.path, each) for one in found.reviews for each in one.warnings]
    settings = []
    if found.settings and found.settings.error and found.settings.error.line:
        error = found.settings.error
        settings = [
            Annotation(error.path, error.line, error.line, AnnotationLevel.FAILURE, error.reason)
        ]
    return tuple([*settings, *faults, *warnings][:_MOST_ANNOTATIONS])


def _to_annotation(path: str, found: Diagnostic) -> Annotation:
    is_error = found.severity is Severity.ERROR
    hint = f"; {found.hint}" if found.hint else ""
    return Annotation(
        path=path,
        start_line=max(1, found.line),
        end_line=max(1, found.line),
        level=AnnotationLevel.FAILURE if is_error else AnnotationLevel.WARNING,
        message=f"{found.message}{hint}",
        title=found.id,
    )
