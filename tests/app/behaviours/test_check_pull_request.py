import re
from pathlib import Path

import pytest

from app.behaviours.check_pull_request import (
    check_again,
    check_pull_request,
    check_pull_requests_of,
)
from app.errors import GitHubError
from app.forge import (
    AnnotationLevel,
    CheckConclusion,
    CheckReport,
    CheckStatus,
    PullRequest,
)
from tests.app.behaviours.places import BROKEN, PATH, SPEC, TUNED, Place, make_place

SETTINGS = ".github/flujo.yml"
ORGANISATION = """\
policies:
  - id: nothing-risky
    when: "true"
    assert: tier == "LOW"
    action: BLOCK_MERGE
    enforcement: hard-mandatory
    message: "only what is safe"
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return make_place(tmp_path)


def check(place: Place, pull: PullRequest) -> None:
    assert check_pull_request(place.open(), str(pull.number)) is None


def only_report(place: Place, files: dict[str, str | None]) -> CheckReport:
    check(place, place.open_pull(files))
    return place.only_report()


class TestWhatIsSaid:
    def test_a_valid_change_is_told_in_words_and_judged(self, place: Place) -> None:
        pull = place.open_pull({PATH: TUNED})
        check(place, pull)
        report = place.only_report()
        assert (report.name, report.commit) == ("flujo", pull.head_commit)
        assert report.conclusion is CheckConclusion.SUCCESS
        assert report.title == "1 spec changed, valid, LOW risk"
        assert "30 s" in report.text
        assert "```mermaid" in report.text
        assert "no estimate yet: about 30 more runs are needed" in report.text
        assert not report.annotations

    def test_an_invalid_spec_fails_on_its_line(self, place: Place) -> None:
        report = only_report(place, {PATH: BROKEN})
        assert report.conclusion is CheckConclusion.FAILURE
        assert report.title == "1 spec can't be loaded"
        (found,) = report.annotations
        assert (found.path, found.start_line, found.level) == (PATH, 7, AnnotationLevel.FAILURE)

    def test_a_policy_of_the_organisation_forbids(self, tmp_path: Path) -> None:
        settings = "policies: {organisation: policies.yaml}\n"
        place = make_place(
            tmp_path, {PATH: SPEC, SETTINGS: settings, "policies.yaml": ORGANISATION}
        )
        report = only_report(place, {PATH: SPEC.replace("Write.", "Write a poem.")})
        assert report.conclusion is CheckConclusion.FAILURE
        assert "only what is safe" in report.text

    def test_a_policy_that_the_same_change_removes_still_counts(self, tmp_path: Path) -> None:
        settings = "policies: {organisation: policies.yaml}\n"
        place = make_place(
            tmp_path, {PATH: SPEC, SETTINGS: settings, "policies.yaml": ORGANISATION}
        )
        changed = {
            PATH: SPEC.replace("Write.", "Write a poem."),
            SETTINGS: "mode: propose\n",
            "policies.yaml": None,
        }
        assert only_report(place, changed).conclusion is CheckConclusion.FAILURE

    def test_a_policy_about_evidence_cannot_be_judged_here(self, tmp_path: Path) -> None:
        settings = "policies: {organisation: policies.yaml}\n"
        asks = ORGANISATION.replace('tier == "LOW"', "roi.low > 0")
        place = make_place(tmp_path, {PATH: SPEC, SETTINGS: settings, "policies.yaml": asks})
        report = only_report(place, {PATH: TUNED})
        assert report.conclusion is CheckConclusion.NEUTRAL
        assert "nobody can tell yet" in report.text

    def test_policies_that_cannot_be_had_leave_it_open(self, tmp_path: Path) -> None:
        settings = "policies: {organisation: none.yaml}\n"
        place = make_place(tmp_path, {PATH: SPEC, SETTINGS: settings})
        report = only_report(place, {PATH: TUNED})
        assert report.conclusion is CheckConclusion.NEUTRAL
        assert "none.yaml" in report.summary

    def test_a_new_a_removed_and_a_renamed_spec_are_told(self, place: Place) -> None:
        new = "flows/other.flow.yaml"
        report = only_report(place, {new: SPEC, PATH: None})
        assert report.conclusion is CheckConclusion.SUCCESS
        assert "A new workflow of 1 step." in report.text
        assert "This workflow is removed." in report.text

    def test_a_spec_that_is_too_large_is_not_judged(self, place: Place) -> None:
        large = SPEC + "".join(f"# {'x' * 100}\n" for _ in range(20_000))
        report = only_report(place, {PATH: large})
        assert report.conclusion is CheckConclusion.NEUTRAL
        assert "larger than 1,000,000 bytes" in report.text

    def test_large_specs_are_looked_at_only_up_to_a_limit(self, place: Place) -> None:
        large = SPEC + "".join(f"# {'x' * 97}\n" for _ in range(9_000))
        many: dict[str, str | None] = {f"flows/{n}.flow.yaml": large for n in range(6)}
        report = only_report(place, many)
        assert report.conclusion is CheckConclusion.NEUTRAL
        assert "3 more specs not looked at" in report.summary

    def test_a_spec_that_is_no_text_is_not_judged(self, place: Place) -> None:
        report = only_report(place, {PATH: "\udcff\udcfe"})
        assert report.conclusion is CheckConclusion.NEUTRAL

    def test_a_repair_is_welcome(self, tmp_path: Path) -> None:
        place = make_place(tmp_path, {PATH: BROKEN})
        report = only_report(place, {PATH: SPEC})
        assert report.conclusion is CheckConclusion.NEUTRAL
        assert "nothing to compare with" in report.text

    def test_hostile_names_stay_words(self, place: Place) -> None:
        hostile = SPEC.replace("name: draft", 'name: "@everyone ![x](https://evil.example/x.png)"')
        report = only_report(place, {PATH: hostile})
        for text in (report.title, report.summary, report.text):
            assert "evil.example" not in re.sub(r"`+[^`]*`+|```.*?```", "", text, flags=re.DOTALL)
            assert "@everyone" not in re.sub(r"`+[^`]*`+|```.*?```", "", text, flags=re.DOTALL)

    def test_many_specs_stay_within_the_limit(self, place: Place) -> None:
        many: dict[str, str | None] = {f"flows/{n:03}.flow.yaml": BROKEN for n in range(60)}
        report = only_report(place, many)
        assert len(report.text) <= 65_535
        assert len(report.annotations) <= 100
        assert "35 more specs not looked at" in report.summary

    def test_the_repositorys_own_tests_are_told_and_never_run(self, place: Place) -> None:
        pull = place.open_pull({PATH: TUNED})
        for conclusion, words in (
            (None, "still running"),
            (CheckConclusion.FAILURE, "is red"),
            (CheckConclusion.SUCCESS, "is green"),
        ):
            status = CheckStatus.COMPLETED if conclusion else CheckStatus.IN_PROGRESS
            own = CheckReport("flujo test", pull.head_commit, "1", status, "T", "S", "", conclusion)
            place.github.as_ci().checks.report(own)
            check_pull_requests_of(place.open(), pull.head_commit)
            check(place, pull)
            assert words in place.reports()[-1].summary


class TestSilence:
    def test_other_files_concern_nobody(self, place: Place) -> None:
        check(place, place.open_pull({"README.md": "Hello"}))
        assert not place.reports()
        assert "checks.report" not in place.github.faults.calls

    def test_what_was_said_is_not_said_again(self, place: Place) -> None:
        pull = place.open_pull({PATH: TUNED})
        for _ in range(3):
            check(place, pull)
        assert place.github.faults.calls.count("checks.report") == 1

    def test_it_is_said_again_when_somebody_asks(self, place: Place) -> None:
        pull = place.open_pull({PATH: TUNED})
        check(place, pull)
        check_again(place.open(), pull.head_commit)
        assert place.github.faults.calls.count("checks.report") == 2
        assert len(place.reports()) == 1

    def test_a_check_on_an_earlier_head_ends_as_neutral(self, place: Place) -> None:
        pull = place.open_pull({PATH: BROKEN})
        check(place, pull)
        head = place.push("topic", {PATH: SPEC, "README.md": "Hello"})
        check(place, pull)
        last = place.reports()[-1]
        assert (last.commit, last.conclusion) == (head, CheckConclusion.NEUTRAL)
        assert last.title == "no spec changes any more"

    def test_closed_and_unknown_pull_requests_are_left_alone(self, place: Place) -> None:
        pull = place.open_pull({PATH: TUNED})
        place.github.as_person().pull_requests.close(pull.number)
        check(place, pull)
        assert check_pull_request(place.open(), "999") is None
        assert not place.reports()


class TestForks:
    @pytest.mark.parametrize("repository_id", [None, 77])
    def test_a_fork_is_judged_from_its_blobs(self, place: Place, repository_id: int | None) -> None:
        pull = place.from_fork(place.open_pull({PATH: BROKEN}), repository_id)
        check(place, pull)
        assert place.only_report().conclusion is CheckConclusion.FAILURE
        assert "code.checkout" not in place.github.faults.calls


class TestSettings:
    def test_changed_settings_are_forecast(self, place: Place) -> None:
        report = only_report(place, {SETTINGS: "mode: auto-low\nspecs: ['none/*.yaml']\n"})
        assert report.conclusion is CheckConclusion.SUCCESS
        assert report.title == "the settings are valid"
        assert '`mode`: `"propose"` → `"auto-low"`' in report.summary
        assert "they select 0 specs, now 1" in report.summary
        assert "in effect after merging" in report.summary

    def test_broken_settings_fail_on_their_line(self, place: Place) -> None:
        report = only_report(place, {SETTINGS: "mode: propose\nmodee: silent\n"})
        assert report.conclusion is CheckConclusion.FAILURE
        (found,) = report.annotations
        assert (found.path, found.start_line) == (SETTINGS, 2)

    def test_the_last_good_settings_stay_in_force(self, tmp_path: Path) -> None:
        place = make_place(tmp_path, {PATH: SPEC, SETTINGS: "specs: ['flows/*.yaml']\n"})
        assert place.open().settings.specs == ("flows/*.yaml",)
        place.push("main", {SETTINGS: "specs: nonsense\n"})
        workplace = place.open()
        assert workplace.settings.specs == ("flows/*.yaml",)
        assert workplace.settings_error is not None
        report = only_report(place, {PATH: TUNED})
        assert "The last good ones stay in force." in report.summary

    def test_a_change_never_brings_its_own_globs(self, place: Place) -> None:
        report = only_report(place, {SETTINGS: "specs: ['none/*.yaml']\n", PATH: BROKEN})
        assert report.conclusion is CheckConclusion.FAILURE


class TestFailures:
    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize(
        "call", ["pull_requests.get", "compare", "code.read_blob", "checks.list", "checks.report"]
    )
    def test_after_a_failure_the_next_time_ends_the_same(
        self, place: Place, call: str, *, after: bool
    ) -> None:
        pull = place.open_pull({PATH: TUNED})
        place.github.faults.fail(call, after=after)
        with pytest.raises(GitHubError):
            check(place, pull)
        check(place, pull)
        assert place.only_report().conclusion is CheckConclusion.SUCCESS
