from pathlib import Path

import pytest

from app.behaviours.sticky_comment import say, take_sticky_turn
from app.errors import GitHubError
from app.forge import PullRequest
from tests.app.behaviours.places import PATH, TUNED, Place, make_place
from tests.fakes.forge import ALICE


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)


@pytest.fixture
def pull(place: Place) -> PullRequest:
    return place.open_pull({PATH: TUNED})


def tell(place: Place, number: int, text: str, *, purpose: str = "status") -> None:
    workplace = place.open()
    say(workplace, take_sticky_turn(workplace, number, purpose), text, head_commit="a" * 40)


def texts(place: Place) -> list[str]:
    return [body.split("\n", 1)[1] for body in place.answers()]


def test_there_is_one_comment_a_purpose(place: Place, pull: PullRequest) -> None:
    tell(place, pull.number, "One")
    tell(place, pull.number, "Two")
    tell(place, pull.number, "Other", purpose="other")
    assert texts(place) == ["Two", "Other"]


def test_it_is_edited_only_on_change(place: Place, pull: PullRequest) -> None:
    for _ in range(3):
        tell(place, pull.number, "One")
    assert place.github.faults.calls.count("comments.write") == 1
    assert place.answers()[0].startswith(f"<!-- flujo:status head={'a' * 40} seq=1 -->")


def test_nothing_is_written_when_there_is_nothing_to_say(place: Place, pull: PullRequest) -> None:
    tell(place, pull.number, "")
    assert not [call for call in place.github.faults.calls if call.startswith("comments.")]


def test_it_goes_when_there_is_nothing_to_say_any_more(place: Place, pull: PullRequest) -> None:
    tell(place, pull.number, "One")
    tell(place, pull.number, "")
    assert not place.answers()


def test_an_older_turn_never_speaks_over_a_newer_one(place: Place, pull: PullRequest) -> None:
    workplace = place.open()
    older = take_sticky_turn(workplace, pull.number, "status")
    newer = take_sticky_turn(workplace, pull.number, "status")
    say(workplace, newer, "New")
    say(workplace, older, "Old")
    assert texts(place) == ["New"]


def test_an_older_turn_is_seen_in_the_comment_too(place: Place, pull: PullRequest) -> None:
    workplace = place.open()
    older = take_sticky_turn(workplace, pull.number, "status")
    body = f"<!-- flujo:status head= seq={older.sequence + 1} -->\nNew"
    place.ours.comments.write(pull.number, marker="<!-- flujo:status ", body=body)
    say(workplace, older, "Old")
    assert texts(place) == ["New"]


def test_duplicates_of_a_race_are_removed(place: Place, pull: PullRequest) -> None:
    for text in ("One", "Twin"):
        comment = place.say(
            pull.number,
            f"<!-- flujo:status head= seq=0 -->\n{text}",
            who=place.ours.people.me(),
        )
    tell(place, pull.number, "Now")
    assert texts(place) == ["Now"]
    assert comment.id not in place.github.comments


def test_a_marker_in_somebody_elses_comment_is_theirs(place: Place, pull: PullRequest) -> None:
    theirs = place.say(pull.number, "<!-- flujo:status head= seq=999 -->\nMine", who=ALICE)
    tell(place, pull.number, "One")
    assert texts(place) == ["One"]
    assert place.github.comments[theirs.id][1] == theirs


def test_one_that_a_person_deleted_stays_away_until_there_is_news(
    place: Place, pull: PullRequest
) -> None:
    tell(place, pull.number, "One")
    place.github.comments.clear()
    tell(place, pull.number, "One")
    assert not place.answers()
    tell(place, pull.number, "Two")
    assert texts(place) == ["Two"]


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_reply_leaves_one_comment(place: Place, pull: PullRequest, *, after: bool) -> None:
    place.github.faults.fail("comments.write", after=after)
    with pytest.raises(GitHubError):
        tell(place, pull.number, "One")
    tell(place, pull.number, "One")
    assert texts(place) == ["One"]
