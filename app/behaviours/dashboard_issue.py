"""Keeps one issue a repository that tells how things stand, and does what people tick in it.

The issue is ours by its author and a hidden marker. A tick counts when the box was one of ours and who edited the issue
may write here, judged by their id at the time of acting. The text is written only when it would be another.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from app.behaviours.sweep_repository import ASKED, PUBLISH
from app.behaviours.workplace import Workplace
from app.errors import BadInputError
from app.forge import Issue, IssueDraft, Permission
from app.jobs.handlers import Later
from app.jobs.schedules import SWEEP
from app.jobs.slots import find_next_slot
from app.settings import Mode
from app.store import (
    Dashboard,
    RepositoryState,
    Transaction,
    Work,
    WorkState,
    ask,
    find_dashboard,
    find_pull_request,
    find_repository,
    forget,
    list_memories,
    list_work,
    save_dashboard,
    save_repository,
)
from app.use_cases.compose_dashboard import (
    OPEN,
    PAUSE,
    RESUME,
    RETRY,
    SWEEP_NOW,
    UNREJECT,
    DashboardFacts,
    compose_dashboard,
    list_actions,
    name_effect,
)
from app.use_cases.standing import HOLD_LABEL
from diff_ux import DashboardView, read_boxes, render_dashboard

TITLE: Final = "Flujo dashboard"
_MARKER: Final = "<!-- flujo:dashboard -->"
_PAUSE: Final = timedelta(days=7)


def refresh_dashboard(place: Workplace, _: str) -> Later | None:
    """Bring the issue up to date with the rows; ticks that nobody has looked at yet are kept."""
    known = _find(place)
    if not _may_be_told(place) or known.is_left_alone:
        return None
    text, _actions = _render(place, known, frozenset())
    if known.number and known.body_sha256 == _hash(text):
        return None
    issue = _find_issue(place, known)
    if issue is None:
        _open(place, known)
    else:
        ticked = _find_ticks(issue, known) if issue.number == known.number else frozenset()
        _write(place, replace(known, number=issue.number), issue, ticked)
    return None


def answer_dashboard(place: Workplace, key: str) -> Later | None:
    """Do what was ticked, then show how things stand; the key is the issue's number and who edited it, as `7/1`."""
    number, _, sender = key.partition("/")
    known = _find(place)
    if not number or not known.number:
        return refresh_dashboard(place, key)
    if int(number) != known.number or not _may_be_told(place):
        return None
    issue = place.forge.issues.get(known.number)
    if issue is None or issue.author.id != place.forge.people.me().id:
        _keep(place, Dashboard(wanted=known.wanted))
        return None
    known = _follow(place, known, issue)
    if known.is_left_alone:
        return None
    if sender and _may_write(place, int(sender)):
        for box_id in sorted(_find_ticks(issue, known)):
            _act(place, box_id)
    _write(place, _find(place), issue, frozenset() if sender else _find_ticks(issue, known))
    return None


def _may_be_told(place: Workplace) -> bool:
    """Whether the issue may be written: also while we are paused, for it says so and ends it."""
    with place.store.snapshot() as rows:
        found = find_repository(rows, place.repository.id)
    is_active = found is not None and found.state is RepositoryState.ACTIVE
    return is_active and not place.is_stopped and place.settings.mode is not Mode.SILENT


def _may_write(place: Workplace, account_id: int) -> bool:
    account = place.forge.people.find(account_id)
    if account is None or account.is_bot:
        return False
    return place.forge.people.permission(account) >= Permission.WRITE


def _follow(place: Workplace, known: Dashboard, issue: Issue) -> Dashboard:
    """Heed the label that holds everything, and leave an issue alone that people closed."""
    fresh = replace(known, is_held=HOLD_LABEL in issue.labels, is_left_alone=not issue.is_open)
    if fresh != known:
        _keep(place, fresh)
    return fresh


def _act(place: Workplace, box_id: str) -> None:
    """Do what a box says; doing it twice is doing it once."""
    verb, _, what = box_id.partition(":")
    with place.store.transaction() as rows:
        _ACTIONS[verb](rows, place, what)


def _pause(rows: Transaction, place: Workplace, _: str) -> None:
    _pause_until(rows, place, place.now + _PAUSE)


def _resume(rows: Transaction, place: Workplace, _: str) -> None:
    _pause_until(rows, place, None)


def _sweep(rows: Transaction, place: Workplace, _: str) -> None:
    _ask(rows, place, SWEEP, ASKED)


def _pause_until(rows: Transaction, place: Workplace, until: datetime | None) -> None:
    known = find_repository(rows, place.repository.id)
    if known is not None:
        save_repository(rows, replace(known, paused_until=until))


def _want(rows: Transaction, place: Workplace, proposal_id: str) -> None:
    known = find_dashboard(rows) or Dashboard()
    if proposal_id not in known.wanted:
        save_dashboard(rows, replace(known, wanted=(*known.wanted, proposal_id)))
    _ask(rows, place, PUBLISH, "")


def _retry(rows: Transaction, place: Workplace, work_id: str) -> None:
    parked = list_work(rows, states=(WorkState.PARKED,), repository=place.repository.key)
    for item in parked:
        if str(item.id) == work_id:
            ask(rows, item.work, at=place.now)


def _let_back(rows: Transaction, place: Workplace, effect: str) -> None:
    for memory in list_memories(rows, now=place.now):
        if name_effect(memory.fingerprint) == effect:
            forget(rows, memory.fingerprint)


_ACTIONS: Final[Mapping[str, Callable[[Transaction, Workplace, str], None]]] = {
    PAUSE: _pause,
    RESUME: _resume,
    SWEEP_NOW: _sweep,
    OPEN: _want,
    RETRY: _retry,
    UNREJECT: _let_back,
}


def _ask(rows: Transaction, place: Workplace, kind: str, key: str) -> None:
    repository = place.repository
    ask(rows, Work(repository.key, kind, key, repository.installation_id), at=place.now)


def _open(place: Workplace, known: Dashboard) -> None:
    """Open the issue, where there is something to tell of."""
    if place.default is None:
        return
    if not place.settings.select_specs(place.code.list_files(place.default.commit)):
        return
    text, actions = _render(place, known, frozenset())
    issue = place.forge.issues.open(IssueDraft(_MARKER, TITLE, _body(text)))
    fresh = replace(known, number=issue.number, body_sha256=_hash(text), actions=actions)
    if issue.body != _body(text):  # it was there before, from a time that our rows don't know of
        place.forge.issues.edit(issue.number, body=_body(text))
    _keep(place, replace(fresh, is_left_alone=not issue.is_open))


def _write(place: Workplace, known: Dashboard, issue: Issue, ticked: frozenset[str]) -> None:
    text, actions = _render(place, known, ticked)
    if issue.body.replace("\r\n", "\n") != _body(text):
        place.forge.issues.edit(issue.number, body=_body(text))
    told, _ = _render(place, known, frozenset()) if ticked else (text, actions)
    _keep(place, replace(known, body_sha256=_hash(told), actions=actions))


def _render(
    place: Workplace, known: Dashboard, ticked: frozenset[str]
) -> tuple[str, tuple[str, ...]]:
    stop = place.why_not_write()
    with place.store.snapshot() as rows:
        repository = find_repository(rows, place.repository.id) or place.repository
        facts = DashboardFacts(
            repository=repository,
            settings=place.settings,
            now=place.now,
            stop=stop,
            settings_error=str(place.settings_error or ""),
            next_sweep_at=_find_next_sweep(place),
            ticked=ticked,
        )
        view = compose_dashboard(rows, facts, _drop_opened(rows, known))
    return render_dashboard(view), _list_shown(view)


def _list_shown(view: DashboardView) -> tuple[str, ...]:
    """Return the boxes that are really in the text, which may have been too long for all."""
    shown = read_boxes(render_dashboard(view))
    return tuple(box_id for box_id in list_actions(view) if box_id in shown)


def _drop_opened(rows: Transaction, known: Dashboard) -> Dashboard:
    wanted = tuple(each for each in known.wanted if find_pull_request(rows, each) is None)
    return replace(known, wanted=wanted)


def _find_next_sweep(place: Workplace) -> datetime | None:
    schedule, timezone = place.settings.schedule, place.settings.timezone
    if schedule is None:
        return None
    try:
        return find_next_slot(schedule, timezone, after=place.now)
    except BadInputError:
        return None


def _find_issue(place: Workplace, known: Dashboard) -> Issue | None:
    """Return our issue: of the number we remember, as long as we wrote it, else any of ours with the marker."""
    issue = place.forge.issues.get(known.number) if known.number else None
    if issue is not None and issue.author.id == place.forge.people.me().id:
        return issue
    return place.forge.issues.find(_MARKER)


def _find_ticks(issue: Issue, known: Dashboard) -> frozenset[str]:
    ticked = {box_id for box_id, is_ticked in read_boxes(issue.body).items() if is_ticked}
    return frozenset(ticked.intersection(known.actions))


def _find(place: Workplace) -> Dashboard:
    with place.store.snapshot() as rows:
        return find_dashboard(rows) or Dashboard()


def _keep(place: Workplace, dashboard: Dashboard) -> None:
    with place.store.transaction() as rows:
        save_dashboard(rows, _drop_opened(rows, dashboard))


def _body(text: str) -> str:
    return f"{_MARKER}\n{text}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
