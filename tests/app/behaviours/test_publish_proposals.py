"""Offering proposals as pull requests: one each, politely, and never twice whatever fails."""

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import GitHubError
from app.forge import MergeRequest, PullRequestState
from app.store import save_repository
from tests.app.behaviours.places import NOW, Place
from tests.app.behaviours.proposing import (
    PROPOSE,
    add_waiting,
    days,
    make_proposing,
    make_swept,
    only_pull,
    only_record,
    open_pulls,
    proposal_of,
    publish,
    pulls,
    records,
    refresh,
)
from tests.app.sweeping import LETTERS, LETTERS_SPEC
from tests.fakes.forge import ALICE

OWNERS = "*.flow.yaml @alice @acme/flows\n"


def test_a_proposal_becomes_a_pull_request_with_its_page(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    publish(place)
    pull, record = only_pull(place), proposal_of(place)
    assert pull.head_branch.startswith("flujo/")
    assert "net a month" in pull.body
    assert "/flujo reject" in pull.body
    assert "nothing measured yet" in pull.body
    assert set(pull.labels) == {"flujo", "flujo:low-risk"}
    message = place.github.code.read_message(pull.head_commit)
    assert f"Flujo-Proposal: {record.id}" in message
    assert record.facts["branch"] == pull.head_branch
    text = place.github.code.read_file(pull.head_commit, LETTERS)
    assert text is not None
    assert b"max_retries" in text
    assert b"# Nobody retries this, as yet." in text


def test_a_second_turn_does_nothing(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    publish(place)
    before = (dict(place.github.pulls), len(place.github.code.commits))
    assert publish(place) is None
    assert (dict(place.github.pulls), len(place.github.code.commits)) == before


def test_owners_are_asked_where_somebody_must_decide(tmp_path: Path) -> None:
    place = make_proposing(tmp_path, specs={LETTERS: LETTERS_SPEC, ".github/CODEOWNERS": OWNERS})
    add_waiting(place, 1)
    publish(place)
    assert only_pull(place).reviewers == ("alice", "flows")


def test_an_owner_who_cannot_review_is_no_failure(tmp_path: Path) -> None:
    owners = {LETTERS: LETTERS_SPEC, "CODEOWNERS": "* @nobody-here\n"}
    place = make_proposing(tmp_path, specs=owners)
    add_waiting(place, 1)
    publish(place)
    assert only_record(place).is_dressed


@pytest.mark.parametrize(
    "settings", ["mode: silent\n", "limits: {open_proposals: 0}\n", "limits: {prs_per_hour: 0}\n"]
)
def test_whoever_wants_none_gets_none(tmp_path: Path, settings: str) -> None:
    place = make_swept(tmp_path, settings=settings + PROPOSE)
    assert publish(place) is None
    assert pulls(place) == []


def test_a_paused_repository_gets_none(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    with place.store.transaction() as rows:
        save_repository(rows, replace(place.repository, paused_until=days(7)))
    publish(place)
    assert pulls(place) == []
    publish(place, days(8))
    assert len(pulls(place)) == 1


def test_two_an_hour_and_three_open(tmp_path: Path) -> None:
    place = make_proposing(tmp_path)
    add_waiting(place, 5)
    later = publish(place)
    assert [pull.title for pull in pulls(place)] == ["Retry s4", "Retry s3"]
    assert later is not None
    assert later.not_before == NOW + timedelta(hours=1)
    assert publish(place, later.not_before) is None
    assert len(open_pulls(place)) == 3
    place.github.as_person(ALICE).pull_requests.close(1)
    refresh(place, NOW + timedelta(hours=3))
    publish(place, NOW + timedelta(hours=3))
    assert len(open_pulls(place)) == 3
    assert len(pulls(place)) == 4


def test_what_does_not_fit_any_more_is_dropped_for_the_next(tmp_path: Path) -> None:
    place = make_proposing(tmp_path, settings=PROPOSE + "limits: {open_proposals: 1}\n")
    add_waiting(place, 2)
    text = place.github.code.read_file(place.github.code.heads["main"], LETTERS)
    assert text is not None
    changed = text.decode().replace("s1, uses", "renamed, uses")
    place.push("main", {LETTERS: changed})
    publish(place)
    assert [pull.title for pull in pulls(place)] == ["Retry s0"]


def test_a_branch_that_is_somebodys_is_left_to_them(tmp_path: Path) -> None:
    place = make_swept(tmp_path)
    other = make_swept(tmp_path / "other")
    publish(other)
    name = only_pull(other).head_branch
    place.push(name, {"README.md": "mine"})
    before = place.github.code.heads[name]
    publish(place)
    assert only_pull(place).head_branch == f"{name}-2"
    assert place.github.code.heads[name] == before


CALLS = (
    "code.prepare_commit",
    "code.create_branch",
    "pull_requests.open",
    "labels.ensure",
    "labels.add",
    "pull_requests.request_reviewers",
)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_a_failure_anywhere_leaves_nothing_twice(tmp_path: Path, call: str, after: bool) -> None:
    place = make_proposing(tmp_path, specs={LETTERS: LETTERS_SPEC, "CODEOWNERS": OWNERS})
    add_waiting(place, 1)
    place.github.faults.fail(call, after=after)
    with pytest.raises(GitHubError):
        publish(place)
    publish(place)
    assert only_pull(place).reviewers
    assert only_record(place).is_dressed
    assert len(place.github.code.heads) == 2


def test_closed_while_the_answer_was_lost_is_a_no(tmp_path: Path) -> None:
    place = make_proposing(tmp_path)
    add_waiting(place, 1)
    place.github.faults.fail("pull_requests.open", after=True)
    with pytest.raises(GitHubError):
        publish(place)
    place.github.as_person(ALICE).pull_requests.close(1)
    publish(place)
    refresh(place)
    publish(place)
    assert only_pull(place).state is PullRequestState.CLOSED


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["publish", "merge", "close", "wait", "refresh"]),
            st.integers(min_value=0, max_value=90),
        ),
        max_size=25,
    )
)
def test_whatever_happens_the_limits_hold(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = make_proposing(Path(folder))
        add_waiting(place, 12)
        now = NOW
        for step, minutes in steps:
            now += timedelta(minutes=minutes)
            _make(place, step, now)
            opened = [record.opened_at for record in records(place)]
            assert len(open_pulls(place)) <= 3
            for moment in opened:
                hour = [each for each in opened if moment <= each < moment + timedelta(hours=1)]
                assert len(hour) <= 2


def _make(place: Place, step: str, now: datetime) -> None:
    still = open_pulls(place)
    person = place.github.as_person(ALICE).pull_requests
    if step == "publish":
        publish(place, now)
    elif step == "refresh":
        refresh(place, now)
    elif step == "close" and still:
        person.close(still[0].number)
    elif step == "merge" and still and still[0].is_mergeable:
        person.merge(MergeRequest(still[0].number, still[0].head_commit, "Merge", ""))
