"""Open pull requests of ours: kept up to date, left to whoever takes them, closed politely, learned from."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.behaviours.refresh_proposals import REBASE
from app.behaviours.workplace import Workplace
from app.bootstrap.behaviours import ON_REPOSITORY
from app.errors import GitHubError, GitHubPermissionError
from app.forge import MergeRequest, PullRequestState
from app.store import (
    Ending,
    Page,
    find_application,
    find_repository,
    list_corrections,
    list_work,
    remember,
    save_page,
    save_proposal,
    save_pull_request,
)
from meta_agent import MemoryReason, remember_effect
from tests.app.behaviours.places import NOW, Place
from tests.app.behaviours.proposing import (
    PROPOSE,
    add_waiting,
    at,
    days,
    letters_ran,
    make_proposing,
    make_swept,
    memories,
    only_pull,
    only_record,
    open_pulls,
    proposal_of,
    publish,
    pulls,
    rebase,
    records,
    refresh,
    send,
    sweep,
)
from tests.app.sweeping import LETTERS, LETTERS_SPEC, read, run_often
from tests.fakes.forge import ALICE
from trust_tiers import RolloutState


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = make_swept(tmp_path)
    publish(place)
    return place


def _text(place: Place, branch: str) -> str:
    content = place.github.code.read_file(place.github.code.heads[branch], LETTERS)
    assert content is not None
    return content.decode()


def _propose_retries(place: Place, retries: int) -> None:
    """Have the proposal be for another number, as a later sweep may find."""
    record = proposal_of(place)
    patch = [{**one, "value": retries} if one["op"] == "add" else one for one in record.patch]
    with place.store.transaction() as rows:
        save_proposal(rows, replace(record, patch=patch))


def _merge(place: Place) -> str:
    pull = only_pull(place)
    person = place.github.as_person(ALICE).pull_requests
    return person.merge(MergeRequest(pull.number, pull.head_commit, pull.title, "")).commit


class TestDecidedByPeople:
    def test_merged_is_applied_with_who_did_it(self, place: Place) -> None:
        before = place.github.code.blob_sha(place.github.code.heads["main"], LETTERS)
        commit = _merge(place)
        refresh(place, days(1))
        record, proposal = only_record(place), proposal_of(place)
        with place.store.snapshot() as rows:
            application = find_application(rows, proposal.id)
            kinds = {(item.work.kind, item.work.key) for item in list_work(rows)}
        assert (record.ending, record.decided_by) == (Ending.MERGED, ALICE.id)
        assert proposal.state is RolloutState.APPLIED
        assert application is not None
        assert application.commit == commit
        assert application.blob_before == before
        assert application.blob_after == place.github.code.blob_sha(commit, LETTERS)
        assert application.spec_sha256_before == letters_ran().runs[0].spec_sha256
        assert ("rollout", proposal.id) in kinds
        assert list(place.github.code.heads) == ["main"]

    def test_edited_and_merged_is_learned(self, place: Place) -> None:
        pull = only_pull(place)
        text = _text(place, pull.head_branch)
        place.push(pull.head_branch, {LETTERS: _change_retries(text)})
        refresh(place)
        _merge(place)
        refresh(place, days(1))
        with place.store.snapshot() as rows:
            (correction,) = list_corrections(rows, LETTERS)
            assert find_application(rows, proposal_of(place).id) is None
        assert correction.preferred == 5
        assert proposal_of(place).state is RolloutState.EXPIRED

    def test_closed_means_no_for_a_while(self, place: Place) -> None:
        place.github.as_person(ALICE).pull_requests.close(1)
        refresh(place)
        assert memories(place) == ["not now"]
        assert proposal_of(place).state is RolloutState.ROLLED_BACK
        assert place.answers() == []
        for number in (10, 40, 80):
            send(place, [replace(run, started_at=days(number - 3)) for run in letters_ran().runs])
            sweep(place, days(number))
            publish(place, days(number))
        assert len(pulls(place)) == 1

    def test_why_it_was_rejected_counts_more(self, place: Place) -> None:
        with place.store.transaction() as rows:
            effect = proposal_of(place).fingerprint
            remember(rows, remember_effect(effect, MemoryReason.BAD_EVIDENCE, NOW))
        place.github.as_person(ALICE).pull_requests.close(1)
        refresh(place)
        assert memories(place) == ["bad evidence"]

    def test_a_deleted_branch_is_a_no(self, place: Place) -> None:
        pull = only_pull(place)
        place.github.as_person(ALICE).delete_branch(pull.head_branch, expected=pull.head_commit)
        refresh(place)
        assert only_record(place).ending is Ending.CLOSED

    def test_opened_again_it_is_theirs(self, place: Place) -> None:
        person = place.github.as_person(ALICE).pull_requests
        person.close(1)
        refresh(place)
        place.github.pulls[1] = replace(place.github.pulls[1], state=PullRequestState.OPEN)
        ON_REPOSITORY[REBASE][0](_opened(place), "1")
        assert only_record(place).is_left_alone
        assert only_record(place).is_open
        refresh(place, days(60))
        assert only_pull(place).state is PullRequestState.OPEN

    def test_others_pull_requests_are_none_of_ours(self, place: Place) -> None:
        other = place.open_pull({"README.md": "text"})
        calls = len(place.github.faults.calls)
        rebase(place, other.number)
        assert "pull_requests.get" not in place.github.faults.calls[calls:]


class TestTakenInHand:
    def test_a_push_is_respected_and_told_once(self, place: Place) -> None:
        branch = only_pull(place).head_branch
        pushed = place.push(branch, {"notes.md": "mine"})
        place.push("main", {LETTERS: LETTERS_SPEC.replace("Write.", "Write well.")})
        for day in (0, 1, 40):
            refresh(place, days(day))
        assert place.github.code.heads[branch] == pushed
        (told,) = place.answers()
        assert "yours" in told
        assert only_pull(place).state is PullRequestState.OPEN

    def test_a_forced_push_is_respected_too(self, place: Place) -> None:
        branch = only_pull(place).head_branch
        code = place.github.code
        code.heads[branch] = code.store({LETTERS: b"name: else\n"}, "Mine", code.heads["main"])
        refresh(place)
        assert only_record(place).is_left_alone

    def test_another_target_makes_it_theirs(self, place: Place) -> None:
        place.push("release", {"a": "b"})
        place.github.pulls[1] = replace(place.github.pulls[1], base_branch="release")
        refresh(place)
        assert only_record(place).is_left_alone

    def test_the_label_has_us_wait(self, place: Place) -> None:
        place.github.as_person().labels.add(1, ("flujo:hold",))
        place.push("main", {LETTERS: LETTERS_SPEC.replace("Write.", "Write well.")})
        before = dict(place.github.code.heads)
        refresh(place, days(50))
        assert place.github.code.heads == before
        assert only_pull(place).state is PullRequestState.OPEN
        place.github.as_person().labels.remove(1, "flujo:hold")
        refresh(place, days(51))
        assert only_pull(place).state is PullRequestState.CLOSED

    def test_a_merge_is_seen_though_everything_is_paused(self, place: Place) -> None:
        place.github.as_person().labels.add(1, ("flujo:hold",))
        _merge(place)
        refresh(place)
        assert proposal_of(place).state is RolloutState.APPLIED


class TestTheBaseMoves:
    def test_a_changed_spec_has_it_made_anew(self, place: Place) -> None:
        branch = only_pull(place).head_branch
        place.push("main", {LETTERS: LETTERS_SPEC.replace("Write.", "Write well.")})
        refresh(place, days(1))
        text = _text(place, branch)
        assert "Write well." in text
        assert "max_retries" in text
        head = place.github.code.heads[branch]
        assert place.github.code.first_parent(head) == place.github.code.heads["main"]
        assert only_pull(place).state is PullRequestState.OPEN
        assert place.answers() == []
        refresh(place, days(1))
        assert place.github.code.heads[branch] == head

    def test_other_files_do_not_matter_unless_somebody_asks(self, place: Place) -> None:
        branch = only_pull(place).head_branch
        head = place.github.code.heads[branch]
        place.push("main", {"README.md": "news"})
        refresh(place, days(1))
        assert place.github.code.heads[branch] == head
        rebase(place, 1, days(1))
        moved = place.github.code.heads[branch]
        assert place.github.code.first_parent(moved) == place.github.code.heads["main"]

    def test_once_a_day_is_enough_where_nothing_conflicts(self, tmp_path: Path) -> None:
        place = make_proposing(tmp_path)
        add_waiting(place, 1)
        publish(place)
        branch = only_pull(place).head_branch
        _propose_retries(place, 3)
        refresh(place, days(1))
        assert "max_retries: 3" in _text(place, branch)
        _propose_retries(place, 4)
        later = refresh(place, days(1.2))
        assert later is not None
        assert later.not_before == days(2)
        assert "max_retries: 3" in _text(place, branch)
        refresh(place, later.not_before)
        assert "max_retries: 4" in _text(place, branch)

    def test_what_was_done_meanwhile_is_closed_with_thanks(self, place: Place) -> None:
        place.push("main", {LETTERS: _text(place, only_pull(place).head_branch)})
        refresh(place)
        assert only_pull(place).state is PullRequestState.CLOSED
        (told,) = place.answers()
        assert "Thank you" in told
        assert only_record(place).ending is Ending.ALREADY_THERE
        assert memories(place) == []

    @pytest.mark.parametrize(
        "text",
        [
            None,
            LETTERS_SPEC.replace("name: write", "name: compose").replace("{write:", "{compose:"),
        ],
        ids=["gone", "else"],
    )
    def test_what_does_not_fit_any_more_is_closed(self, place: Place, text: str | None) -> None:
        place.push("main", {LETTERS: text})
        refresh(place)
        assert only_record(place).ending is Ending.OUTDATED
        assert only_pull(place).state is PullRequestState.CLOSED
        assert list(place.github.code.heads) == ["main"]

    def test_while_the_spec_does_not_parse_nothing_is_concluded(self, place: Place) -> None:
        place.push("main", {LETTERS: "steps: ["})
        refresh(place, days(1))
        assert only_pull(place).state is PullRequestState.OPEN

    def test_a_newer_page_takes_the_place_of_the_old_one(self, place: Place) -> None:
        with place.store.transaction() as rows:
            save_page(rows, Page(proposal_of(place).id, "Newer figures.", 1.0, days(7)))
        refresh(place, days(7))
        body = only_pull(place).body
        assert body.startswith("Newer figures.")
        place.github.as_person(ALICE).pull_requests.edit(1, body="A person's words.")
        refresh(place, days(8))
        assert only_pull(place).body == "A person's words."


class TestTime:
    def test_after_thirty_days_of_silence_it_is_closed(self, place: Place) -> None:
        refresh(place, days(29.9))
        assert only_pull(place).state is PullRequestState.OPEN
        refresh(place, days(30))
        assert only_pull(place).state is PullRequestState.CLOSED
        assert only_record(place).ending is Ending.STALE
        assert "nobody said anything for 30 days" in place.answers()[0]
        assert memories(place, days(31)) == ["expired"]

    def test_a_locked_thread_is_left_silent(self, place: Place) -> None:
        locked = GitHubPermissionError("POST /comments", 403, "locked")
        place.github.faults.fail("comments.write", error=locked)
        refresh(place, days(30))
        assert only_record(place).ending is Ending.STALE
        assert only_pull(place).state is PullRequestState.CLOSED

    def test_while_people_talk_it_stays(self, place: Place) -> None:
        place.github.now = days(20)
        place.say(1, "I'll look at it next week.")
        refresh(place, days(31))
        assert only_pull(place).state is PullRequestState.OPEN
        refresh(place, days(51))
        assert only_pull(place).state is PullRequestState.CLOSED

    def test_three_ignored_ones_in_a_row_are_enough(self, tmp_path: Path) -> None:
        place = make_proposing(tmp_path)
        add_waiting(place, 6)
        publish(place)
        publish(place, days(0.1))
        refresh(place, days(31))
        with place.store.snapshot() as rows:
            repository = find_repository(rows, 1)
        assert repository is not None
        assert repository.paused_until is not None
        publish(place, days(32))
        assert open_pulls(place) == []
        assert len(pulls(place)) == 3

    def test_a_better_one_takes_its_place(self, place: Place) -> None:
        ended = replace(
            only_record(place), ending=Ending.OVERTAKEN, ending_reason="a better change was found"
        )
        with place.store.transaction() as rows:
            save_pull_request(rows, ended)
        refresh(place)
        assert only_pull(place).state is PullRequestState.CLOSED
        assert "better" in place.answers()[0]


class TestNeverAgain:
    @pytest.mark.parametrize(
        "spec",
        [
            LETTERS_SPEC.replace("Write.", "Write well."),
            LETTERS_SPEC.replace("    uses:", "    config: {timeout_s: 60}\n    uses:"),
        ],
        ids=["another version", "a regrouped patch"],
    )
    def test_a_closed_effect_does_not_come_back(self, place: Place, spec: str) -> None:
        place.github.as_person(ALICE).pull_requests.close(1)
        refresh(place)
        place.push("main", {LETTERS: spec})
        send(place, run_often(read(spec)).runs)
        sweep(place, days(1))
        publish(place, days(1))
        retries = [pull for pull in open_pulls(place) if "etr" in pull.title]
        assert retries == []


FAULTS = {
    "stale": ("comments.write", "pull_requests.close", "delete_branch"),
    "rebase": ("code.prepare_commit", "move_branch"),
    "push": ("comments.write",),
    "merge": ("delete_branch",),
    "page": ("pull_requests.edit",),
}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("scene", "call"), [(scene, call) for scene, calls in FAULTS.items() for call in calls]
)
def test_a_failure_anywhere_ends_as_if_it_had_not_been(
    tmp_path: Path, scene: str, call: str, after: bool
) -> None:
    clean, faulty = (_play(tmp_path / name, scene) for name in ("clean", "faulty"))
    when = days(31) if scene == "stale" else days(1)
    refresh(clean, when)
    faulty.github.faults.fail(call, after=after)
    with pytest.raises(GitHubError):
        refresh(faulty, when)
    refresh(faulty, when)
    for left, right in zip(records(clean), records(faulty), strict=True):
        assert (left.ending, left.is_left_alone, left.previous_head) == (
            right.ending,
            right.is_left_alone,
            right.previous_head,
        )
    assert len(faulty.answers()) == len(clean.answers()) <= 1
    assert [pull.state for pull in pulls(faulty)] == [pull.state for pull in pulls(clean)]
    assert set(faulty.github.code.heads) == set(clean.github.code.heads)
    for name, head in faulty.github.code.heads.items():
        content = faulty.github.code.read_file(head, LETTERS)
        assert content == clean.github.code.read_file(clean.github.code.heads[name], LETTERS)


def _play(folder: Path, scene: str) -> Place:
    place = make_proposing(folder, settings=PROPOSE)
    add_waiting(place, 1)
    publish(place)
    pull = only_pull(place)
    if scene == "rebase":
        text = _text(place, "main")
        place.push("main", {LETTERS: text.replace("Write.", "Write well.")})
    elif scene == "push":
        place.push(pull.head_branch, {"notes.md": "mine"})
    elif scene == "merge":
        _merge(place)
    elif scene == "page":
        with place.store.transaction() as rows:
            save_page(rows, Page(proposal_of(place).id, "Newer.", 1.0, days(1)))
    return place


def _opened(place: Place) -> Workplace:
    return at(place, days(1))


def _change_retries(text: str) -> str:
    changed = re.sub(r"max_retries: \d+", "max_retries: 5", text)
    assert changed != text
    return changed
