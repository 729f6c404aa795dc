"""One pull request sets a repository up, and what people do with it decides; nothing else is written before."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.behaviours.onboard_repository import BRANCH, Next, choose_next
from app.errors import GitHubUnavailableError
from app.forge import MergeRequest, PullRequest, PullRequestState
from app.settings import parse_settings
from app.store import RepositoryState, save_repository
from app.webhooks.facts import Facts
from tests.app.behaviours.installing import (
    SPEC_PATH,
    Server,
    make_repository,
    make_server,
)
from tests.app.behaviours.places import SPEC, Place
from tests.app.jobs.workshops import START
from tests.fakes.forge import ALICE, FakeGitHub

FILE = ".github/flujo.yml"


@pytest.fixture
def github() -> FakeGitHub:
    return make_repository()


@pytest.fixture
def server(tmp_path: Path, github: FakeGitHub) -> Server:
    found = make_server(tmp_path, github)
    found.hear_installation()
    return found


def only_pull(github: FakeGitHub) -> PullRequest:
    (number,) = github.pulls
    return github.as_app().pull_requests.get(number)


def state_of(server: Server) -> RepositoryState:
    row = server.row()
    assert row is not None
    return row.state


def push(server: Server, github: FakeGitHub, branch: str, text: str | None) -> None:
    row = server.row()
    assert row is not None
    Place(github, server.store, row).push(branch, {FILE: text})


def merge(github: FakeGitHub) -> None:
    pull = only_pull(github)
    request = MergeRequest(pull.number, pull.head_commit, "Set up", "")
    github.as_person(ALICE).pull_requests.merge(request)


def test_a_repository_with_specs_gets_one_pull_request(server: Server, github: FakeGitHub) -> None:
    pull = only_pull(github)
    assert (pull.head_branch, pull.base_branch, pull.title) == (BRANCH, "main", "Set up Flujo")
    text = github.as_app().code.read_file(pull.head_commit, FILE)
    assert text is not None
    assert parse_settings(text.decode()) == parse_settings("")
    assert github.code.commits[pull.head_commit].files.keys() - {SPEC_PATH} == {FILE}
    assert state_of(server) is RepositoryState.ONBOARDING
    assert not github.issues
    assert not github.checks


def test_the_body_tells_what_to_expect(github: FakeGitHub, server: Server) -> None:
    del server
    body = only_pull(github).body
    assert f"`{SPEC_PATH}`" in body
    assert "No telemetry of these versions yet" in body
    assert "Every improvement is a pull request" in body
    assert "$1.00 a sweep" in body
    assert "| Contents | write |" in body


def test_hearing_the_same_again_writes_nothing(server: Server, github: FakeGitHub) -> None:
    before = only_pull(github)
    for _ in range(2):
        server.hear_installation()
        server.hear_push()
        server.hear_pull(before, "edited")
    assert only_pull(github) == before


def test_editing_the_file_on_the_branch_tells_the_forecast_anew(
    server: Server, github: FakeGitHub
) -> None:
    push(server, github, BRANCH, 'mode: auto-low\nspecs: ["other/**"]\n')
    server.hear_pull(only_pull(github))
    body = only_pull(github).body
    assert "Workflows found: 0" in body
    assert "What is of low risk, after your own tests pass" in body
    assert state_of(server) is RepositoryState.ONBOARDING


def test_a_mistake_in_the_file_is_told_with_its_place(server: Server, github: FakeGitHub) -> None:
    push(server, github, BRANCH, "mode: propose\nmodels: {alow: []}\n")
    server.hear_pull(only_pull(github))
    assert "can't be read (line 2, column 10)" in only_pull(github).body
    push(server, github, BRANCH, "mode: propose\n")
    server.hear_pull(only_pull(github))
    assert "can't be read" not in only_pull(github).body


def test_a_name_in_the_repository_cannot_act_on_the_page(tmp_path: Path) -> None:
    github = make_repository({"flows/@alice <b>.flow.yaml": SPEC, "flows/b`.flow.yaml": "x: ["})
    make_server(tmp_path, github).hear_installation()
    assert "`flows/@alice <b>.flow.yaml`" in only_pull(github).body


def test_merging_it_begins_the_work(server: Server, github: FakeGitHub) -> None:
    merge(github)
    server.hear_pull(only_pull(github), "closed")
    assert state_of(server) is RepositoryState.ACTIVE
    row = server.row()
    assert row is not None
    assert row.schedule == "0 6 * * 1"
    assert server.failures() == []


def test_closing_it_is_a_no(server: Server, github: FakeGitHub) -> None:
    github.as_person(ALICE).pull_requests.close(only_pull(github).number)
    server.hear_pull(only_pull(github), "closed")
    assert state_of(server) is RepositoryState.OPTED_OUT
    server.hear_push()
    server.hear_installation()
    assert len(github.pulls) == 1


def test_deleting_the_branch_leaves_nothing(server: Server, github: FakeGitHub) -> None:
    github.as_person(ALICE).delete_branch(BRANCH, expected=github.code.heads[BRANCH])
    server.hear_pull(only_pull(github), "closed")
    assert state_of(server) is RepositoryState.OPTED_OUT
    assert list(github.code.heads) == ["main"]


def test_reopening_it_undoes_the_no(server: Server, github: FakeGitHub) -> None:
    github.as_person(ALICE).pull_requests.close(only_pull(github).number)
    server.hear_pull(only_pull(github), "closed")
    pull = only_pull(github)
    github.pulls[pull.number] = replace(pull, state=PullRequestState.OPEN)
    server.hear_pull(pull, "reopened")
    assert state_of(server) is RepositoryState.ONBOARDING


def test_the_command_resume_brings_another_pull_request(server: Server, github: FakeGitHub) -> None:
    first = only_pull(github)
    github.as_person(ALICE).pull_requests.close(first.number)
    server.hear_pull(first, "closed")
    row = server.row()
    assert row is not None
    said = Place(github, server.store, row).say(first.number, "/flujo resume")
    facts = Facts("created", 5, 1, number=first.number, comment_id=said.id)
    server.hear("issue_comment", facts)
    assert state_of(server) is RepositoryState.ONBOARDING
    states = [github.as_app().pull_requests.get(number).state for number in sorted(github.pulls)]
    assert states == [PullRequestState.CLOSED, PullRequestState.OPEN]


def test_no_again_stays_no(server: Server, github: FakeGitHub) -> None:
    test_the_command_resume_brings_another_pull_request(server, github)
    second = github.as_app().pull_requests.get(max(github.pulls))
    github.as_person(ALICE).pull_requests.close(second.number)
    server.hear_pull(second, "closed")
    server.hear_installation()
    assert state_of(server) is RepositoryState.OPTED_OUT
    assert len(github.pulls) == 2


def test_a_repository_with_settings_needs_no_pull_request(tmp_path: Path) -> None:
    github = make_repository({SPEC_PATH: SPEC, FILE: "mode: silent\n"})
    server = make_server(tmp_path, github)
    server.hear_installation()
    assert not github.pulls
    assert state_of(server) is RepositoryState.ACTIVE


def test_settings_that_cannot_be_read_are_settings_too(tmp_path: Path) -> None:
    github = make_repository({SPEC_PATH: SPEC, FILE: "mode: everything\n"})
    server = make_server(tmp_path, github)
    server.hear_installation()
    assert not github.pulls
    assert state_of(server) is RepositoryState.ACTIVE


def test_settings_by_hand_make_the_pull_request_go(server: Server, github: FakeGitHub) -> None:
    push(server, github, "main", "mode: propose\n")
    server.hear_push()
    assert only_pull(github).state is PullRequestState.CLOSED
    assert BRANCH not in github.code.heads
    assert state_of(server) is RepositoryState.ACTIVE


def test_the_first_spec_brings_the_pull_request(tmp_path: Path) -> None:
    github = make_repository({"README.md": ""})
    server = make_server(tmp_path, github)
    server.hear_installation()
    assert not github.pulls
    row = server.row()
    assert row is not None
    Place(github, server.store, row).push("main", {SPEC_PATH: SPEC})
    server.hear_push()
    assert only_pull(github).state is PullRequestState.OPEN


def test_a_stopped_server_writes_nothing(
    tmp_path: Path, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLUJO_PAUSED", "1")
    server = make_server(tmp_path, github)
    server.hear_installation()
    assert not github.pulls
    monkeypatch.setenv("FLUJO_PAUSED", "0")
    server.clock.move(minutes=16)
    server.run()
    assert only_pull(github).state is PullRequestState.OPEN


@pytest.mark.parametrize("state", ["suspended", "removed", "archived"])
def test_nothing_is_written_where_we_may_not(
    server: Server, github: FakeGitHub, state: str
) -> None:
    row = server.row()
    assert row is not None
    with server.store.transaction() as rows:
        save_repository(rows, replace(row, state=RepositoryState(state)))
    push(server, github, BRANCH, "mode: silent\n")
    before = only_pull(github).body
    server.hear_pull(only_pull(github))
    server.hear_push()
    assert only_pull(github).body == before


CALLS = (
    "code.prepare_commit",
    "code.create_branch",
    "pull_requests.open",
    "pull_requests.list_ours",
)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_makes_no_second_pull_request(
    tmp_path: Path, github: FakeGitHub, call: str, *, after: bool
) -> None:
    github.faults.fail(call, after=after, error=GitHubUnavailableError(call, 502, "bad gateway"))
    server = make_server(tmp_path, github)
    server.hear_installation()
    server.clock.move(minutes=5)
    server.run()
    assert only_pull(github).state is PullRequestState.OPEN


def test_a_pull_request_closed_before_we_heard_of_it_stays_closed(
    tmp_path: Path, github: FakeGitHub
) -> None:
    github.now = START
    lost = GitHubUnavailableError("open", 0, "no answer")
    github.faults.fail("pull_requests.open", after=True, error=lost)
    server = make_server(tmp_path, github)
    server.hear_installation()
    github.as_person(ALICE).pull_requests.close(only_pull(github).number)
    server.clock.move(minutes=5)
    server.run()
    assert state_of(server) is RepositoryState.OPTED_OUT
    assert len(github.pulls) == 1


@given(state=st.one_of(st.none(), st.sampled_from(PullRequestState)), has_settings=st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_we_offer_only_where_nobody_has_decided(
    state: PullRequestState | None, *, has_settings: bool
) -> None:
    found = choose_next(state, has_settings=has_settings)
    assert (found is Next.OFFER) == (state is None and not has_settings)
    assert (found is Next.BEGIN) == (has_settings or state is PullRequestState.MERGED)
