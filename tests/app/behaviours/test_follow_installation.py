"""Our rows follow what GitHub says of installations and repositories, whatever order its events come in."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.store import (
    InstallationState,
    RepositoryState,
    choose_telemetry_name,
    create_token,
    find_installation,
    list_installations,
)
from app.store.samples import keep_run
from app.use_cases.read_runs import read_runs
from app.webhooks.facts import Facts
from tests.app.behaviours.installing import Server, change, make_repository, make_server
from tests.app.behaviours.places import NOW
from tests.fakes.forge import FakeGitHub
from tests.telemetry.builders import make_attempt, make_run, make_step_run


@pytest.fixture
def github() -> FakeGitHub:
    return make_repository({"README.md": "nothing of ours"})


@pytest.fixture
def server(tmp_path: Path, github: FakeGitHub) -> Server:
    found = make_server(tmp_path, github)
    found.hear_installation()
    return found


def state_of(server: Server, repository_id: int = 1) -> RepositoryState | None:
    row = server.row(repository_id)
    return row.state if row else None


def test_an_installation_brings_its_repositories(server: Server) -> None:
    row = server.row()
    assert row is not None
    assert (row.full_name, row.default_branch, row.installation_id) == ("acme/flows", "main", 5)
    assert row.state is RepositoryState.ONBOARDING
    with server.store.snapshot() as rows:
        found = find_installation(rows, 5)
    assert found is not None
    assert (found.account, found.state) == ("acme", InstallationState.ACTIVE)


def test_a_repository_without_specs_hears_nothing(server: Server, github: FakeGitHub) -> None:
    assert not github.pulls
    assert not github.issues
    assert list(github.code.heads) == ["main"]
    assert server.failures() == []


def test_what_is_no_longer_reached_is_removed_and_comes_back(
    server: Server, github: FakeGitHub
) -> None:
    server.app.repositories_of[5] = []
    server.hear("installation_repositories", Facts("removed", 5))
    assert state_of(server) is RepositoryState.REMOVED
    server.app.repositories_of[5] = [github]
    server.hear("installation_repositories", Facts("added", 5))
    assert state_of(server) is RepositoryState.ONBOARDING


def test_a_deleted_installation_ends_everything(server: Server) -> None:
    del server.app.repositories_of[5]
    server.hear_installation("deleted")
    assert state_of(server) is RepositoryState.REMOVED
    with server.store.snapshot() as rows:
        assert [each.state for each in list_installations(rows)] == [InstallationState.REMOVED]
    assert server.failures() == []


def test_suspending_and_unsuspending(server: Server) -> None:
    server.app.suspended.add(5)
    server.hear_installation("suspend")
    assert state_of(server) is RepositoryState.SUSPENDED
    server.hear_repository("edited")
    assert server.failures() == []
    server.app.suspended.clear()
    server.hear_installation("unsuspend")
    assert state_of(server) is RepositoryState.ONBOARDING


def test_events_are_only_hints(server: Server) -> None:
    server.hear_installation("deleted")
    assert state_of(server) is RepositoryState.ONBOARDING


def test_an_unknown_installation_leaves_no_rows(server: Server) -> None:
    server.hear_installation("created", installation_id=99)
    server.hear("repository", Facts("renamed", 99, 77))
    server.hear("pull_request", Facts("opened", 99, 77, number=3, is_pull_request=True))
    with server.store.snapshot() as rows:
        assert [each.id for each in list_installations(rows)] == [5]
    assert server.row(77) is None
    assert server.failures() == []


def test_a_rename_changes_the_name_and_nothing_else(server: Server, github: FakeGitHub) -> None:
    before = server.row()
    change(github, full_name="acme/streams")
    server.hear_repository("renamed")
    after = server.row()
    assert before is not None
    assert after is not None
    assert (after.full_name, after.key, after.state) == ("acme/streams", before.key, before.state)


def test_archived_and_unarchived(server: Server, github: FakeGitHub) -> None:
    change(github, is_archived=True)
    server.hear_repository("archived")
    assert state_of(server) is RepositoryState.ARCHIVED
    change(github, is_archived=False)
    server.hear_repository("unarchived")
    assert state_of(server) is RepositoryState.ONBOARDING


def test_a_deleted_repository_is_removed(server: Server) -> None:
    server.app.repositories_of[5] = []
    server.hear_repository("deleted")
    server.clock.move(minutes=1)
    server.run()
    assert state_of(server) is RepositoryState.REMOVED
    assert server.failures() == []


def test_a_transfer_moves_it_to_the_other_installation(server: Server, github: FakeGitHub) -> None:
    change(github, full_name="umbrella/flows")
    server.app.repositories_of = {5: [], 6: [github]}
    server.hear_installation("created", installation_id=6)
    server.hear("installation_repositories", Facts("removed", 5))
    row = server.row()
    assert row is not None
    assert (row.installation_id, row.full_name) == (6, "umbrella/flows")
    assert row.state is RepositoryState.ONBOARDING


def test_another_default_branch_is_followed(server: Server, github: FakeGitHub) -> None:
    github.code.heads["trunk"] = github.code.heads["main"]
    github.code.default = "trunk"
    change(github, default_branch="trunk")
    server.hear_repository("edited")
    row = server.row()
    assert row is not None
    assert row.default_branch == "trunk"


def test_telemetry_for_a_name_is_found_after_the_repository_is_renamed(
    tmp_path: Path, github: FakeGitHub
) -> None:
    server = make_server(tmp_path, github)
    sent = make_run([make_step_run("draft", [make_attempt()])])
    with server.store.transaction() as rows:
        create_token(rows, "Acme/Flows", at=NOW)
        keep_run(rows, sent, repository="Acme/Flows", stratum="ok", rank=1, limit=10)
    server.hear_installation()
    change(github, full_name="acme/streams")
    server.hear_repository("renamed")
    later = sent.started_at + timedelta(days=1)
    assert read_runs(server.rows_of(), "github:1", now=later).runs == (sent,)


def test_who_takes_over_a_name_does_not_take_over_its_telemetry(
    server: Server, github: FakeGitHub
) -> None:
    sent = make_run([make_step_run("draft", [make_attempt()])])
    with server.store.transaction() as rows:
        keep_run(rows, sent, repository="acme/flows", stratum="ok", rank=1, limit=10)
    change(github, full_name="acme/streams")
    other = make_repository({"README.md": ""}, number=2)
    server.app.repositories_of[5] = [github, other]
    server.hear("installation_repositories", Facts("added", 5))
    later = sent.started_at + timedelta(days=1)
    assert read_runs(server.rows_of(2), "github:2", now=later).runs == ()
    with server.store.transaction() as rows:
        assert choose_telemetry_name(rows, "acme/flows") == "github:2"
        assert choose_telemetry_name(rows, "Acme/Streams") == "Acme/Streams"
        assert choose_telemetry_name(rows, "acme/unknown") == "acme/unknown"
    assert read_runs(server.rows_of(1), "github:1", now=later).runs == (sent,)
