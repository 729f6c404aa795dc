"""The dashboard issue: one, ours, brought up to date only on change; ticks count only from people who may write."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.behaviours.dashboard_issue import answer_dashboard, refresh_dashboard
from app.errors import GitHubUnavailableError
from app.forge import Issue, IssueDraft, Label
from app.store import (
    Repository,
    RepositoryState,
    Transaction,
    Work,
    WorkState,
    ask,
    find_dashboard,
    find_proposal,
    find_repository,
    list_memories,
    list_work,
    park_work,
    queue_due,
    remember,
    save_repository,
    start_work,
)
from meta_agent import MemoryReason, remember_effect
from tests.app.behaviours.places import NOW, PATH, SPEC, Place, make_place
from tests.app.behaviours.proposing import add_waiting, at, make_proposing, publish
from tests.fakes.forge import ALICE, BOB, MALLORY

SETTINGS = ".github/flujo.yml"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path, {PATH: SPEC, SETTINGS: "mode: propose\n"})


def refresh(place: Place, hours: float = 0) -> None:
    refresh_dashboard(at(place, NOW + timedelta(hours=hours)), "")


def only_issue(place: Place) -> Issue:
    (issue,) = place.github.issues.values()
    return issue


def tick(place: Place, box_id: str, *, who: int = BOB.id) -> None:
    """Tick a box as somebody would, and let the App answer."""
    issue = only_issue(place)
    mark = f"- [ ] <!-- flujo-box:{box_id} -->"
    assert mark in issue.body
    body = issue.body.replace(mark, mark.replace("[ ]", "[x]"))
    place.github.as_person(BOB).issues.edit(issue.number, body=body)
    answer(place, who)


def answer(place: Place, who: int | None = BOB.id) -> None:
    key = str(only_issue(place).number)
    answer_dashboard(at(place, NOW), key if who is None else f"{key}/{who}")


def row(place: Place) -> Repository:
    with place.store.snapshot() as rows:
        found = find_repository(rows, 1)
    assert found is not None
    return found


def test_there_is_one_issue_and_it_is_written_only_on_change(place: Place) -> None:
    refresh(place)
    first = only_issue(place)
    assert first.title == "Flujo dashboard"
    assert "At work, with mode propose." in first.body
    refresh(place)
    assert only_issue(place) == first
    assert place.github.faults.calls.count("issues.edit") == 0


def test_a_repository_without_specs_has_none(tmp_path: Path) -> None:
    place = make_place(tmp_path, {"README.md": "", SETTINGS: "mode: propose\n"})
    refresh(place)
    assert not place.github.issues


@pytest.mark.parametrize("settings", ["mode: silent\n"])
def test_a_silent_repository_has_none(tmp_path: Path, settings: str) -> None:
    place = make_place(tmp_path, {PATH: SPEC, SETTINGS: settings})
    refresh(place)
    assert not place.github.issues


@pytest.mark.parametrize("state", [each for each in RepositoryState if each.value != "active"])
def test_only_an_active_repository_is_told(place: Place, state: RepositoryState) -> None:
    with place.whole_store.transaction() as rows:
        save_repository(rows, replace(place.repository, state=state))
    refresh(place)
    assert not place.github.issues


def test_somebody_elses_issue_with_the_marker_is_not_ours(place: Place) -> None:
    theirs = place.github.as_person(MALLORY).issues.open(
        IssueDraft("<!-- flujo:dashboard -->", "Mine", "<!-- flujo:dashboard -->\nhello")
    )
    refresh(place)
    assert place.github.issues[theirs.number] == theirs
    assert len(place.github.issues) == 2


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_makes_no_second_issue(place: Place, *, after: bool) -> None:
    place.github.faults.fail("issues.open", after=after)
    with pytest.raises(GitHubUnavailableError):
        refresh(place)
    refresh(place)
    assert only_issue(place).is_open


def test_ticking_pause_pauses_and_offers_to_go_on(place: Place) -> None:
    refresh(place)
    tick(place, "pause")
    assert row(place).paused_until == NOW + timedelta(days=7)
    assert "it is paused until" in only_issue(place).body
    tick(place, "resume")
    assert row(place).paused_until is None
    assert "[x]" not in only_issue(place).body


@pytest.mark.parametrize("who", [MALLORY.id, 999])
def test_a_tick_of_somebody_who_may_not_write_does_nothing(place: Place, who: int) -> None:
    refresh(place)
    before = only_issue(place).body
    tick(place, "pause", who=who)
    assert row(place).paused_until is None
    assert only_issue(place).body == before


def test_a_box_that_is_not_ours_does_nothing(place: Place) -> None:
    refresh(place)
    issue = only_issue(place)
    forged = issue.body + "\n- [x] <!-- flujo-box:retry:1 -->\n- [x] <!-- flujo-box:boom -->\n"
    place.github.as_person(BOB).issues.edit(issue.number, body=forged)
    answer(place)
    assert "boom" not in only_issue(place).body


def test_a_tick_is_kept_until_somebody_answers_it(place: Place) -> None:
    refresh(place)
    issue = only_issue(place)
    body = issue.body.replace("[ ] <!-- flujo-box:pause", "[x] <!-- flujo-box:pause")
    place.github.as_person(BOB).issues.edit(issue.number, body=body)
    place.push("main", {SETTINGS: "mode: auto-low\n"})
    refresh(place, hours=1)
    assert "mode auto-low" in only_issue(place).body
    assert "[x] <!-- flujo-box:pause" in only_issue(place).body
    answer(place)
    assert row(place).paused_until is not None


def test_parked_work_can_be_tried_again(place: Place) -> None:
    work = Work("github:1", "sweep", "slot", 5)
    park(place, work)
    refresh(place)
    assert "failed with ModelError" in only_issue(place).body
    with place.store.snapshot() as rows:
        (item,) = list_work(rows, states=(WorkState.PARKED,))
    tick(place, f"retry:{item.id}")
    with place.store.snapshot() as rows:
        assert list_work(rows, states=(WorkState.PARKED,)) == ()


def park(place: Place, work: Work) -> None:
    with place.store.transaction() as rows:
        ask(rows, work, at=NOW)
        queue_and_park(rows)


def queue_and_park(rows: Transaction) -> None:
    (item,) = queue_due(rows, ("sweep",), now=NOW, stalled_at=NOW, each=1)
    started = start_work(rows, item.id, item.turn, now=NOW, stalled_at=NOW)
    assert started is not None
    park_work(rows, started, now=NOW, attempts=8, error_kind="ModelError")


def test_what_waits_can_be_asked_for_whatever_the_limits(tmp_path: Path) -> None:
    place = make_proposing(tmp_path, settings="limits: {open_proposals: 0}\n")
    (proposal_id,) = add_waiting(place, 1)
    publish(place)
    assert not place.github.pulls
    refresh(place)
    tick(place, f"open:{proposal_id}")
    with place.store.snapshot() as rows:
        known = find_dashboard(rows)
    assert known is not None
    assert known.wanted == (proposal_id,)
    assert "asked for, opens next" in only_issue(place).body
    publish(place)
    (pull,) = place.github.pulls.values()
    refresh(place)
    assert f"#{pull.number} " in only_issue(place).body


def test_a_refused_effect_may_come_back(tmp_path: Path) -> None:
    place = make_proposing(tmp_path)
    (proposal_id,) = add_waiting(place, 1)
    with place.store.transaction() as rows:
        record = find_proposal(rows, proposal_id)
        assert record is not None
        remember(rows, remember_effect(record.fingerprint, MemoryReason.NOT_NOW, NOW))
    refresh(place)
    (box,) = {line for line in only_issue(place).body.split() if line.startswith("flujo-box:unrej")}
    tick(place, box.removeprefix("flujo-box:"))
    with place.store.snapshot() as rows:
        assert list_memories(rows, now=NOW) == ()


def test_the_hold_label_on_the_issue_holds_everything(place: Place) -> None:
    refresh(place)
    issue = only_issue(place)
    place.github.as_person(ALICE).labels.ensure(Label("flujo:hold", "ededed"))
    place.github.as_person(ALICE).labels.add(issue.number, ("flujo:hold",))
    answer(place, None)
    assert at(place, NOW).why_not_write() == "the dashboard has the label flujo:hold"
    assert "has the label" in only_issue(place).body
    place.github.as_person(ALICE).labels.remove(issue.number, "flujo:hold")
    answer(place, None)
    assert at(place, NOW).why_not_write() is None


def test_a_closed_dashboard_is_left_alone_until_it_is_opened_again(place: Place) -> None:
    refresh(place)
    number = only_issue(place).number
    place.github.as_person(ALICE).issues.edit(number, is_open=False)
    answer(place, None)
    place.push("main", {SETTINGS: "mode: auto-low\n"})
    refresh(place, hours=1)
    assert "mode propose" in only_issue(place).body
    place.github.as_person(ALICE).issues.edit(number, is_open=True)
    answer(place, None)
    assert "mode auto-low" in only_issue(place).body


def test_settings_that_cannot_be_read_are_told(place: Place) -> None:
    refresh(place)
    at(place, NOW)
    place.push("main", {SETTINGS: "mode: everything\n"})
    refresh(place, hours=1)
    assert "the settings can't be read" in only_issue(place).body
    assert "mode propose" in only_issue(place).body
