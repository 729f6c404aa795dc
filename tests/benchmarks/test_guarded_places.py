"""Single places on which everything rests: whoever changes one of them is told here, by name."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue

from app.forge import (
    Account,
    CheckConclusion,
    CheckRun,
    CheckStatus,
    Forge,
    MergeKind,
    MergeRequest,
    Permission,
    PullRequest,
    PullRequestDraft,
)
from app.github.api import RepositoryApi
from app.github.merging import merge_pull_request
from app.github.people import GitHubPeople
from app.settings import SETTINGS_PATH, Mode, TestSettings
from app.store import open_store
from app.use_cases.merge import Approval, merge
from app.use_cases.repository_check import CheckVerdict, TestedCommit, judge_check
from app.use_cases.settings_in_force import read_settings_in_force
from app.webhooks.signatures import check_signature, sign
from tests.fakes.forge import ALICE, MALLORY, FakeGitHub
from trust_tiers import Decision, RiskTier

SPEC = "a.flow.yaml"


@dataclass
class SpokenApi:
    """Answers every request with the same words, and keeps what was written."""

    answer: JsonValue
    written: list[Mapping[str, JsonValue]] = field(default_factory=list)

    def read(self, path: str) -> JsonValue:
        return self.answer

    def write(self, verb: str, path: str, body: JsonValue, *, scope: object) -> JsonValue:
        assert isinstance(body, dict)
        self.written.append(body)
        return self.answer

    def as_api(self) -> RepositoryApi:
        return cast("RepositoryApi", self)


def open_pull(github: FakeGitHub) -> PullRequest:
    forge = github.as_app()
    ref = github.code.prepare_commit(
        parent=github.code.heads["main"], path=SPEC, content=b"new", message="New"
    )
    github.code.create_branch("flujo/x", ref.commit)
    return forge.pull_requests.open(PullRequestDraft("flujo/x", "main", "T", "B"))


def test_a_merge_names_the_commit_that_was_tested() -> None:
    github, api = FakeGitHub({SPEC: b"old"}), SpokenApi({"sha": "c" * 40})
    pull = open_pull(github)
    request = MergeRequest(pull.number, pull.head_commit, "T", "M")
    outcome = merge_pull_request(api.as_api(), request, github.as_app().pull_requests.get)
    assert outcome.kind is MergeKind.MERGED
    assert [body["sha"] for body in api.written] == [pull.head_commit]


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[object, object]] = []
    honest = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return honest(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    signature = sign(b"body", b"secret")
    check_signature(b"body", signature, [b"other", b"secret"])
    assert len(compared) == 2


HEAD = "c" * 40
CHECK = TestSettings()


def run_of(conclusion: CheckConclusion | None, app_id: int | None, commit: str = HEAD) -> CheckRun:
    status = CheckStatus.COMPLETED if conclusion else CheckStatus.IN_PROGRESS
    return CheckRun(1, CHECK.check, commit, status, conclusion, app_id, "", "")


GOOD = CheckConclusion.SUCCESS


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        ([], CheckVerdict.ABSENT),
        ([run_of(GOOD, None)], CheckVerdict.ABSENT),
        ([run_of(GOOD, 7)], CheckVerdict.ABSENT),
        ([run_of(GOOD, 8, "d" * 40)], CheckVerdict.ABSENT),
        ([run_of(None, 8)], CheckVerdict.PENDING),
        ([run_of(GOOD, 8), run_of(CheckConclusion.SKIPPED, 9)], CheckVerdict.RED),
        ([run_of(GOOD, 8)], CheckVerdict.GREEN),
    ],
)
def test_only_a_check_of_somebody_elses_app_on_that_very_commit_counts(
    runs: list[CheckRun], verdict: CheckVerdict
) -> None:
    assert judge_check(runs, HEAD, CHECK, our_app_id=7).verdict is verdict


@pytest.mark.parametrize("tier", RiskTier)
@pytest.mark.parametrize("automatic", [None, RiskTier.LOW, RiskTier.MEDIUM])
@pytest.mark.parametrize("verdict", CheckVerdict)
def test_only_what_is_tested_and_no_riskier_than_allowed_is_merged(
    tier: RiskTier, automatic: RiskTier | None, verdict: CheckVerdict
) -> None:
    github = FakeGitHub({SPEC: b"old"})
    pull = open_pull(github)
    decision, tested = Decision(tier, ("so",)), TestedCommit(pull.head_commit, verdict)
    approval = Approval(
        decision, automatic, tested, pull.number, "main", github.code.heads["main"], "T", "M"
    )
    outcome = merge(cast("Forge", github.as_app()), approval)
    may = automatic is not None and tier <= automatic and tier is not RiskTier.HIGH
    expected = MergeKind.MERGED if may and tested.is_green else MergeKind.BLOCKED
    assert outcome.kind is expected


def test_a_name_is_nobody() -> None:
    answer: JsonValue = {
        "permission": "admin",
        "role_name": "admin",
        "user": {"id": ALICE.id, "login": MALLORY.login, "type": "User"},
    }
    people = GitHubPeople(SpokenApi(answer).as_api(), lambda: ALICE)
    assert people.permission(MALLORY) is Permission.NONE
    assert people.permission(Account(ALICE.id, MALLORY.login)) is Permission.ADMIN


def test_settings_are_those_of_the_default_branch_as_it_is_now(tmp_path: Path) -> None:
    github = FakeGitHub({SETTINGS_PATH: b"mode: auto-low"})
    host, store = github.as_app().code, open_store(tmp_path / "flujo.db")
    first = read_settings_in_force(host, host.default_branch(), store)
    github.code.commit_elsewhere(SETTINGS_PATH, b"mode: silent")
    now = read_settings_in_force(host, host.default_branch(), store)
    assert (first.settings.mode, now.settings.mode) == (Mode.AUTO_LOW, Mode.SILENT)
    github.code.commit_elsewhere(SETTINGS_PATH, b"mode: loud")
    broken = read_settings_in_force(host, host.default_branch(), store)
    assert broken.error is not None
    assert broken.settings.mode is Mode.SILENT
