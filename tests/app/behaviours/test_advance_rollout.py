"""From a pull request to everybody's runs: only what was tested lands, and what does worse is taken back."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.forge import BranchRules, MergeRequest, PullRequestState
from app.store import Closing, Step, list_memories, list_outcomes
from tests.app.behaviours.places import NOW
from tests.app.behaviours.proposing import PROPOSE, SETTINGS_FILE, send
from tests.app.behaviours.rolling import AUTO, Rolling, make_rolling, make_run
from tests.app.sweeping import LETTERS, LETTERS_SPEC
from tests.fakes.forge import ALICE
from trust_tiers import HoldReason, RolloutState

_LATER = NOW + timedelta(hours=26)


@pytest.fixture
def rolling(tmp_path: Path) -> Rolling:
    return make_rolling(tmp_path)


def test_without_the_check_nothing_lands(rolling: Rolling) -> None:
    before = rolling.head
    later = rolling.advance()
    assert later is not None
    assert "'flujo test' is absent" in later.reason
    assert rolling.state is RolloutState.STAGED
    assert rolling.head == before


def test_a_green_check_on_exactly_the_head_merges_it(rolling: Rolling) -> None:
    rolling.land()
    assert rolling.pull.state is PullRequestState.MERGED
    assert rolling.application.commit == rolling.head == rolling.pull.merge_commit
    assert b"max_retries" in rolling.content


@pytest.mark.parametrize("passes", [None, False])
def test_a_check_that_did_not_succeed_merges_nothing(rolling: Rolling, passes: bool | None) -> None:
    before = rolling.head
    rolling.advance()
    rolling.check(passes=passes)
    rolling.advance()
    assert rolling.head == before
    assert rolling.state is (RolloutState.STAGED if passes is None else RolloutState.PROPOSED)


def test_a_failed_head_is_not_tried_again(rolling: Rolling) -> None:
    rolling.advance()
    rolling.check(passes=False)
    rolling.advance()
    rolling.check(passes=True)
    rolling.advance()
    assert rolling.state is RolloutState.PROPOSED
    assert rolling.pull.state is PullRequestState.OPEN


def test_a_check_of_another_name_proves_nothing(rolling: Rolling) -> None:
    rolling.advance()
    rolling.check(name="lint")
    rolling.advance()
    assert rolling.state is RolloutState.STAGED


def test_our_own_or_a_foreign_apps_check_proves_nothing_when_one_is_named(tmp_path: Path) -> None:
    rolling = make_rolling(tmp_path, settings=AUTO + "tests: {check_app: 99}\n")
    rolling.advance()
    rolling.check()
    rolling.advance()
    assert rolling.state is RolloutState.STAGED


def test_the_check_of_an_earlier_head_proves_nothing(rolling: Rolling) -> None:
    rolling.advance()
    rolling.check()
    rolling.place.push(rolling.pull.head_branch, {LETTERS: LETTERS_SPEC + "# mine\n"})
    before = rolling.head
    rolling.advance()
    assert rolling.head == before
    assert rolling.state is RolloutState.PROPOSED
    assert rolling.rollout.reason == "somebody pushed to its branch"


def test_a_base_that_moved_has_the_change_made_and_tested_anew(rolling: Rolling) -> None:
    rolling.advance()
    rolling.check()
    tested = rolling.pull.head_commit
    moved = rolling.place.push("main", {"README.md": "Hello\n"})
    rolling.advance()
    assert rolling.head == moved
    assert rolling.pull.head_commit != tested
    rolling.check()
    rolling.advance()
    assert rolling.state is RolloutState.APPLIED
    assert rolling.place.github.code.commits[rolling.head].parent == moved


def test_a_base_that_keeps_moving_leaves_it_to_people(rolling: Rolling) -> None:
    rolling.advance()
    for number in range(6):
        rolling.place.push("main", {"README.md": f"{number}\n"})
        rolling.advance()
    assert rolling.state is RolloutState.PROPOSED
    assert "keeps moving" in rolling.rollout.reason


@pytest.mark.parametrize(
    "rules",
    [
        BranchRules(is_protected=True, is_known=True, required_approvals=1),
        BranchRules(is_protected=True, is_known=True, requires_code_owners=True),
        BranchRules(is_protected=True, is_known=False),
    ],
    ids=["approvals", "code owners", "unknown"],
)
def test_where_people_must_agree_it_stays_a_pull_request(
    rolling: Rolling, rules: BranchRules
) -> None:
    rolling.place.github.rules["main"] = rules
    rolling.advance()
    rolling.check()
    rolling.advance()
    assert rolling.state is RolloutState.PROPOSED
    assert rolling.pull.state is PullRequestState.OPEN


def test_in_mode_propose_nothing_goes_by_itself(tmp_path: Path) -> None:
    rolling = make_rolling(tmp_path, settings=PROPOSE)
    rolling.check()
    rolling.advance()
    assert rolling.state is RolloutState.PROPOSED


def test_settings_that_come_with_the_change_are_not_its_own_judge(tmp_path: Path) -> None:
    rolling = make_rolling(tmp_path, settings=PROPOSE)
    rolling.place.push(rolling.pull.head_branch, {SETTINGS_FILE: AUTO})
    rolling.check()
    rolling.advance()
    assert rolling.pull.state is PullRequestState.OPEN


def test_a_policy_that_came_to_the_base_meanwhile_forbids_it(rolling: Rolling) -> None:
    rolling.advance()
    rolling.check()
    policy = (
        "policies:\n"
        '  - {id: frozen, when: "true", assert: "patch.operations == 0", action: BLOCK_MERGE,'
        " enforcement: hard-mandatory}\n"
    )
    rolling.place.push("main", {LETTERS: LETTERS_SPEC + policy})
    rolling.advance()
    assert rolling.state is RolloutState.PROPOSED
    assert "frozen" in rolling.rollout.reason


@pytest.mark.parametrize("label", ["flujo:hold"])
def test_a_label_stops_it(rolling: Rolling, label: str) -> None:
    rolling.advance()
    rolling.check()
    rolling.place.github.as_person().labels.add(rolling.pull.number, (label,))
    rolling.advance()
    assert rolling.pull.state is PullRequestState.OPEN


def test_a_person_who_closes_what_is_tried_has_said_no(rolling: Rolling) -> None:
    rolling.advance()
    rolling.place.github.as_person(ALICE).pull_requests.close(rolling.pull.number)
    rolling.advance()
    assert rolling.state is RolloutState.ROLLED_BACK
    with rolling.place.store.snapshot() as rows:
        assert [one.reason.value for one in list_memories(rows, now=NOW)] == ["not now"]


def test_a_merge_whose_answer_was_lost_is_found_and_happened_once(rolling: Rolling) -> None:
    rolling.advance()
    rolling.check()
    rolling.place.github.faults.fail("pull_requests.merge", after=True)
    with pytest.raises(Exception, match="no answer in time"):
        rolling.advance()
    head = rolling.head
    rolling.advance()
    assert rolling.state is RolloutState.APPLIED
    assert rolling.head == head == rolling.application.commit
    merges = [entry.closing for entry in rolling.journal() if entry.step is Step.MERGE]
    assert merges == [Closing.DONE]


def test_after_a_green_check_on_the_merged_commit_it_bakes_and_says_what_it_can_see(
    rolling: Rolling,
) -> None:
    rolling.bake()
    (comment,) = rolling.comments()
    assert "Baking" in comment
    assert "runs/day this can" in comment


def test_a_red_check_on_the_merged_commit_restores_the_bytes(rolling: Rolling) -> None:
    rolling.land()
    rolling.check(rolling.application.commit, passes=False)
    rolling.advance()
    assert rolling.content == LETTERS_SPEC.encode()
    assert rolling.state is RolloutState.REVERTED
    (comment,) = rolling.comments()
    assert "Taken back" in comment


def test_a_taken_back_effect_is_remembered_and_its_class_demoted(rolling: Rolling) -> None:
    rolling.land()
    rolling.check(rolling.application.commit, passes=False)
    rolling.advance()
    with rolling.place.store.snapshot() as rows:
        assert [one.reason.value for one in list_memories(rows, now=NOW)] == ["reverted"]
        (outcome,) = list_outcomes(rows)
    assert (outcome.patch_class, outcome.outcome.ending.value) == ("retries", "rolled_back")


def test_a_check_that_never_comes_on_the_merged_commit_holds_it(rolling: Rolling) -> None:
    rolling.land()
    rolling.advance(NOW + timedelta(hours=25))
    assert (rolling.state, rolling.record.held_because) == (
        RolloutState.HELD,
        HoldReason.CONFLICT,
    )


def test_runs_that_do_as_well_as_before_promote_it(rolling: Rolling) -> None:
    rolling.bake()
    done = rolling.application
    runs = [
        make_run(
            f"after-{number}",
            done.spec_sha256_after,
            NOW + timedelta(minutes=30 * number + 1),
            failed=False,
        )
        for number in range(50)
    ]
    before = [
        make_run(
            f"b{number}", done.spec_sha256_before, NOW - timedelta(hours=number + 1), failed=False
        )
        for number in range(60)
    ]
    send(rolling.place, [*runs, *before])
    rolling.advance(_LATER)
    assert rolling.state is RolloutState.PROMOTED, rolling.rollout.reason
    with rolling.place.store.snapshot() as rows:
        (outcome,) = list_outcomes(rows)
    assert outcome.outcome.ending.value == "clean"


def test_runs_that_fail_take_it_back(rolling: Rolling) -> None:
    rolling.bake()
    rolling.run_since(60, failing=True)
    rolling.advance(_LATER)
    assert rolling.state is RolloutState.REVERTED, rolling.rollout.reason
    assert rolling.content == LETTERS_SPEC.encode()
    assert "more runs fail than before" in rolling.rollout.reason


def test_missing_telemetry_holds_and_telemetry_lets_it_go_on(rolling: Rolling) -> None:
    rolling.bake()
    rolling.advance(_LATER)
    assert (rolling.state, rolling.record.held_because) == (
        RolloutState.HELD,
        HoldReason.TELEMETRY,
    )
    rolling.run_since(5, failing=False)
    rolling.advance(_LATER)
    assert rolling.state is RolloutState.BAKING


def test_the_label_no_auto_rollback_leaves_it_to_people(rolling: Rolling) -> None:
    rolling.land()
    rolling.place.github.as_person().labels.add(rolling.pull.number, ("no-auto-rollback",))
    rolling.check(rolling.application.commit, passes=False)
    head = rolling.head
    rolling.advance()
    assert rolling.state is RolloutState.HELD
    assert rolling.head == head


def test_where_commits_are_not_allowed_a_pull_request_takes_it_back(rolling: Rolling) -> None:
    rolling.land()
    rolling.place.github.rules["main"] = BranchRules(True, True, requires_pull_request=True)
    rolling.check(rolling.application.commit, passes=False)
    rolling.advance()
    rolling.advance()
    assert rolling.record.state is RolloutState.HELD
    number = rolling.rollout.revert_number
    assert list(rolling.place.github.pulls) == [rolling.pull.number, number]
    forge = rolling.place.github.as_person(ALICE)
    head = forge.pull_requests.get(number).head_commit
    forge.pull_requests.merge(MergeRequest(number, head, "Take back", ""))
    rolling.advance()
    assert rolling.rollout.revert_number == number
    assert rolling.state is RolloutState.REVERTED
    assert rolling.content == LETTERS_SPEC.encode()


def test_what_a_person_took_back_already_is_not_taken_back_again(rolling: Rolling) -> None:
    rolling.land()
    merged = rolling.application.commit
    head = rolling.place.push("main", {LETTERS: LETTERS_SPEC})
    rolling.check(merged, passes=False)
    rolling.advance()
    assert rolling.state is RolloutState.REVERTED
    assert rolling.head == head


def test_a_later_edit_elsewhere_in_the_file_survives(rolling: Rolling) -> None:
    rolling.land()
    merged = rolling.application.commit
    text = rolling.content.decode().replace("Write.}", "Write well.}")
    rolling.place.push("main", {LETTERS: text})
    rolling.check(merged, passes=False)
    rolling.advance()
    assert rolling.state is RolloutState.REVERTED
    assert rolling.content == LETTERS_SPEC.replace("Write.}", "Write well.}").encode()


def test_a_later_edit_of_what_we_changed_asks_a_person(rolling: Rolling) -> None:
    rolling.land()
    merged = rolling.application.commit
    edited = rolling.content.decode().replace("max_retries: ", "max_retries: 1")
    head = rolling.place.push("main", {LETTERS: edited})
    rolling.check(merged, passes=False)
    rolling.advance()
    assert rolling.state is RolloutState.HELD
    assert rolling.head == head
