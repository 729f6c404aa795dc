"""The client itself: which token a request carries, when it writes, and what it makes of refusals."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from app.errors import (
    BadInputError,
    GitHubAuthError,
    GitHubNotFoundError,
    GitHubPermissionError,
    GitHubUnavailableError,
    LostRaceError,
    UnusableRepositoryError,
)
from app.forge import (
    Annotation,
    AnnotationLevel,
    CheckConclusion,
    CheckReport,
    CheckStatus,
    IssueDraft,
    MergeKind,
    MergeRequest,
    Permission,
    PullRequestDraft,
    RequiredCheck,
)
from app.github import GitHubApp, read_app_key
from app.github.failures import explain_failure, find_end_of_wait
from app.github.pace import Pace
from tests.e2e.github_server import (
    APP_ID,
    INSTALLATION_ID,
    REPOSITORY,
    FastTime,
    Fault,
    GitHubServer,
    make_key,
)
from tests.e2e.hook_receiver import open_receiver

_NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _open_pull(github: GitHubServer, name: str = "flujo/1") -> int:
    alice = github.person()
    alice.branch(name, alice.make_commit(alice.head(), {"README.md": name.encode()}))
    return github.forge().pull_requests.open(PullRequestDraft(name, "main", "T", "")).number


def test_every_token_reaches_one_repository_and_never_workflows(github: GitHubServer) -> None:
    number = _open_pull(github)
    forge = github.forge()
    forge.comments.write(number, marker="m", body="m")
    head = forge.pull_requests.get(number).head_commit
    forge.checks.report(CheckReport("Flujo", head, "1", CheckStatus.QUEUED, "T", "S"))
    forge.pull_requests.merge(MergeRequest(number, head, "T", "M"))
    callers = [asked.caller for asked in github.log() if asked.caller["kind"] == "installation"]
    ours = [one for one in callers if one["permissions"] != {"metadata": "read"}]
    assert {str(one["repositoryIds"]) for one in ours} == {"[1]"}
    assert not any("workflows" in str(one["permissions"]) for one in callers)


def test_a_write_carries_only_the_right_it_needs(github: GitHubServer) -> None:
    github.forge().issues.open(IssueDraft("m", "T", "m"))
    written = [asked for asked in github.log() if asked.is_write and asked.agent == "flujo-app"]
    assert [asked.caller["permissions"] for asked in written] == [
        {"issues": "write", "metadata": "read", "pull_requests": "write"}
    ]


def test_another_repository_is_out_of_reach_with_the_first_ones_token(github: GitHubServer) -> None:
    api = github.api()
    api._root = "/repos/acme/secret"
    with pytest.raises((GitHubPermissionError, GitHubNotFoundError)):
        api.read("")


def test_a_token_is_made_once_and_anew_when_it_ended(github: GitHubServer) -> None:
    forge = github.forge()
    for _ in range(3):
        forge.repository()
    assert _minted(github) == 1
    github.control("forget-tokens", {})
    assert forge.repository().full_name == REPOSITORY
    assert _minted(github) == 2


def test_a_token_is_renewed_before_it_ends(github: GitHubServer) -> None:
    time = datetime.now(UTC)
    later = [time]
    world = github.world()
    forge = github.forge(world=replace(world, clock=lambda: later[0]))
    forge.repository()
    later[0] = time + timedelta(minutes=56)
    forge.repository()
    assert _minted(github) == 2


def _minted(github: GitHubServer) -> int:
    return sum(asked.path.endswith("/access_tokens") for asked in github.log())


def test_a_token_that_stays_refused_is_told(github: GitHubServer) -> None:
    forge = github.forge()
    github.fail(Fault("GET /repos", status=401, times=2))
    with pytest.raises(GitHubAuthError, match="clock"):
        forge.repository()


def test_a_wrong_key_is_told(github: GitHubServer) -> None:
    with pytest.raises(GitHubAuthError, match="private key"):
        GitHubApp(APP_ID, read_app_key(make_key.__wrapped__()), github.world()).app()


@pytest.mark.parametrize("key", ["", "nonsense", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(BadInputError, match="private key") as caught:
        read_app_key(key)
    assert caught.value.__cause__ is None


def test_a_key_from_an_environment_variable_may_have_its_lines_written_out() -> None:
    assert "rsa" not in repr(read_app_key(make_key().replace("\n", "\\n")))


def test_a_suspended_installation_is_told(github: GitHubServer) -> None:
    github.control("suspend", {"installation_id": INSTALLATION_ID, "suspended": True})
    assert github.app().installation(INSTALLATION_ID).is_suspended
    with pytest.raises(GitHubPermissionError, match="suspended"):
        github.forge().repository()


def test_more_than_was_granted_is_a_matter_of_permissions(github: GitHubServer) -> None:
    github.fail(Fault("access_tokens", status=422, body={"message": "not granted"}))
    with pytest.raises(GitHubPermissionError, match="accept the App's permissions"):
        github.forge().repository()


def test_an_installation_that_is_gone_is_not_found(github: GitHubServer) -> None:
    with pytest.raises(GitHubNotFoundError):
        github.app().installation(999)


def test_writes_of_one_installation_are_a_second_apart(github: GitHubServer) -> None:
    time = FastTime()
    app = github.app(github.world(time))
    for name in ("flows", "secret"):
        forge = app.open(INSTALLATION_ID, github.find(f"acme/{name}"))
        forge.issues.open(IssueDraft("m", "T", "m"))
    assert time.slept_s == [1.0]


def test_two_threads_write_one_after_the_other() -> None:
    time, inside, seen = FastTime(), [0], []
    pace = Pace(monotonic=time.monotonic, sleep=time.sleep)

    def write() -> None:
        with pace.turn():
            inside[0] += 1
            seen.append(inside[0])
            inside[0] -= 1

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 8
    assert time.slept_s == [1.0] * 7


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "soon"}, 60),
        ({"retry-after": "9" * 10}, 3900),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{now}"}, 120),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "{now}"}, 60),
        ({}, 60),
    ],
)
def test_waiting_goes_by_what_github_says_within_reason(
    headers: dict[str, str], seconds: int
) -> None:
    reset = str(int(_NOW.timestamp()) + 120)
    told = {name: value.replace("{now}", reset) for name, value in headers.items()}
    assert find_end_of_wait(told, now=_NOW) == _NOW + timedelta(seconds=seconds)


def test_a_refusal_is_told_in_githubs_words_on_one_line() -> None:
    body: JsonValue = {
        "message": "Validation\nFailed",
        "errors": [{"resource": "PullRequest", "field": "head", "code": "invalid"}, "why"],
    }
    error = explain_failure("POST /pulls", 422, {}, body, now=_NOW)
    assert error.detail == "Validation Failed; PullRequest head invalid; why"


def test_an_answer_that_is_no_json_counts_as_none(github: GitHubServer) -> None:
    forge = github.forge()
    forge.repository()
    github.fail(Fault("GET /repos", status=502, body="<html>"))
    with pytest.raises(GitHubUnavailableError):
        forge.repository()
    github.fail(Fault("GET /repos", status=200, body={"id": "odd"}))
    with pytest.raises(GitHubUnavailableError, match="not as documented at 'id'"):
        forge.repository()


def test_an_enterprise_server_has_its_api_below_a_path(github: GitHubServer) -> None:
    enterprise = GitHubServer(f"{github.url}/api/v3", github.key)
    assert enterprise.app().app().id == APP_ID


def test_many_annotations_are_told_once_even_when_the_second_half_was_lost(
    github: GitHubServer,
) -> None:
    remarks = tuple(
        Annotation("README.md", line, line, AnnotationLevel.WARNING, f"Line {line}")
        for line in range(1, 121)
    )
    report = CheckReport(
        "Flujo", github.person().head(), "1", CheckStatus.COMPLETED, "T", "S",
        conclusion=CheckConclusion.NEUTRAL, annotations=remarks,
    )  # fmt: skip
    forge = github.forge()
    github.fail(Fault("PATCH .*/check-runs", kind="cut"))
    with pytest.raises(GitHubUnavailableError):
        forge.checks.report(report)
    run = forge.checks.report(report)
    assert github.person().get(f"/check-runs/{run.id}")["output"]["annotations_count"] == 120


def test_twins_of_a_sticky_comment_are_removed_the_oldest_stays(github: GitHubServer) -> None:
    number = _open_pull(github)
    first, second = github.forge(), github.forge()
    kept = first.comments.write(number, marker="m", body="m 1")
    github.fail(Fault(f"GET .*/issues/{number}/comments", status=200, body=[]))
    second.comments.write(number, marker="m", body="m 2")
    assert len(first.comments.list(number)) == 2
    assert first.comments.write(number, marker="m", body="m 3").id == kept.id
    assert [one.body for one in first.comments.list(number)] == ["m 3"]


def test_rulesets_count_as_much_as_branch_protection(github: GitHubServer) -> None:
    checks: JsonValue = {"required_status_checks": [{"context": "ci", "integration_id": 15368}]}
    reviews: JsonValue = {"required_approving_review_count": 2, "require_code_owner_review": True}
    github.control(
        "rules",
        [
            {"branch": "main", "type": "required_status_checks", "parameters": checks},
            {"branch": "main", "type": "pull_request", "parameters": reviews},
        ],
    )
    rules = github.forge().branch_rules("main")
    assert rules.required_checks == (RequiredCheck("ci", 15368),)
    assert (rules.required_approvals, rules.requires_code_owners) == (2, True)
    assert rules.requires_pull_request


def test_protection_that_may_not_be_read_is_unknown_not_absent(github: GitHubServer) -> None:
    github.person().protect("main", checks=["ci"])
    github.fail(Fault("GET .*/protection", status=403))
    rules = github.forge().branch_rules("main")
    assert rules.is_protected
    assert not rules.is_known


def test_protection_is_githubs_to_enforce(github: GitHubServer) -> None:
    github.person().protect("main", checks=["ci"], approvals=1)
    number = _open_pull(github)
    head = github.forge().pull_requests.get(number).head_commit
    merged = github.forge().pull_requests.merge(MergeRequest(number, head, "T", "M"))
    assert merged.kind is MergeKind.BLOCKED
    assert merged.reason


def test_a_base_that_moves_during_the_merge_is_told(github: GitHubServer) -> None:
    number = _open_pull(github)
    forge = github.forge()
    head = forge.pull_requests.get(number).head_commit
    words = "Base branch was modified. Review and try the merge again."
    github.fail(Fault("PUT .*/merge", status=405, body={"message": words}))
    merged = forge.pull_requests.merge(MergeRequest(number, head, "T", "M"))
    assert (merged.kind, merged.reason) == (MergeKind.BASE_MOVED, words)


def test_a_push_between_looking_and_merging_is_caught_by_github(github: GitHubServer) -> None:
    number = _open_pull(github)
    forge = github.forge()
    tested = forge.pull_requests.get(number).head_commit
    pushed = github.person().commit({"README.md": b"evil"}, branch="flujo/1")
    github.fail(Fault(f"GET .*/pulls/{number}$", kind="stale"))
    merged = forge.pull_requests.merge(MergeRequest(number, tested, "T", "M"))
    assert merged.kind is MergeKind.HEAD_MOVED
    assert forge.pull_requests.get(number).head_commit == pushed


def test_a_push_between_looking_and_landing_is_caught_by_github(github: GitHubServer) -> None:
    forge = github.forge()
    head = forge.code.default_branch().commit
    ref = forge.code.prepare_commit(parent=head, path="a", content=b"a", message="A\n")
    theirs = github.person().commit({"b": b"b"})
    github.fail(Fault("GET .*/git/ref/heads/main", kind="stale"))
    with pytest.raises(LostRaceError) as caught:
        forge.code.land("main", ref)
    assert caught.value.actual == theirs


def test_content_that_is_not_what_its_id_says_is_not_believed(github: GitHubServer) -> None:
    code = github.forge().code
    head = code.default_branch().commit
    body: JsonValue = {"content": "ZXZpbA==", "encoding": "base64"}
    github.fail(Fault("GET .*/git/blobs", status=200, body=body))
    with pytest.raises(GitHubUnavailableError, match="another one"):
        code.read_file(head, "README.md")


def test_a_tree_that_github_cuts_off_is_no_basis_for_anything(github: GitHubServer) -> None:
    code = github.forge().code
    head = code.default_branch().commit
    github.fail(Fault("GET .*/git/trees", status=200, body={"tree": [], "truncated": True}))
    with pytest.raises(UnusableRepositoryError, match="more files than"):
        code.list_files(head)


def test_an_archived_repository_is_not_ready(github: GitHubServer) -> None:
    github.control("repository", {"full_name": REPOSITORY, "archived": True})
    with pytest.raises(UnusableRepositoryError, match="archived"):
        github.forge().code.check_ready()


def test_a_persons_token_does_the_same_as_that_person(github: GitHubServer) -> None:
    forge = github.forge_of("bob")
    assert forge.people.me().login == "bob"
    assert forge.people.permission(forge.people.me()) is Permission.WRITE
    forge.code.create_branch(
        "flujo/1", github.person().make_commit(github.person().head(), {"a": b"a"})
    )
    pull = forge.pull_requests.open(PullRequestDraft("flujo/1", "main", "T", ""))
    assert pull.author.login == "bob"


def test_a_folder_for_reading_holds_what_a_spec_may_refer_to(github: GitHubServer) -> None:
    commit = github.person().commit({"a/b.flow.yaml": b"name: b\n", "evil.py": b"boom()"})
    with github.forge().code.checkout(commit) as folder:
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert found == ["README.md", "a/b.flow.yaml"]


def test_deliveries_that_failed_are_found_and_sent_again(github: GitHubServer) -> None:
    with open_receiver() as hook:
        github.reset(webhook_url=hook.url)
        hook.answer = 500
        number = _open_pull(github)
        hook.wait_until(lambda: "pull_request" in hook.events)
        github.person().commit({"README.md": b"2"}, branch="flujo/1")
        hook.wait_until(lambda: "synchronize" in hook.actions)
        assert all(hook.is_signed)
        app = github.app()
        assert app.hook().url == hook.url
        failed = [one for one in app.deliveries(_NOW) if not one.is_ok]
        assert {"push", "pull_request"} <= {one.event for one in failed}
        assert len({one.guid for one in failed}) == len(failed)
        hook.answer, again = 202, next(one for one in failed if one.action == "opened")
        app.redeliver(again.id)
        hook.wait_until(lambda: hook.guids.count(again.guid) == 2)
        assert app.deliveries(datetime.now(UTC) + timedelta(minutes=1)) == ()
    assert number == 1
