"""Pull requests are judged and commands are answered on GitHub itself, as far as it can be had for tests."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from app.bootstrap.behaviours import build_behaviours
from app.forge import CheckConclusion, CheckRun
from app.jobs.handlers import Context, Later
from app.store import Repository, Store, find_repository, open_store, save_repository
from tests.app.behaviours.places import BROKEN, NOW, PATH, SPEC, TUNED
from tests.e2e.github_server import INSTALLATION_ID, OUR_AGENT, REPOSITORY, GitHubServer

_MOST_CALLS = 12


class World:
    """A server with specs on `main`, and the handlers that work on it."""

    def __init__(self, server: GitHubServer, folder: Path) -> None:
        self.server = server
        self.alice = server.person("alice")
        self.store = open_store(folder / "flujo.db")
        found = server.find(REPOSITORY)
        self.repository = Repository(found.id, INSTALLATION_ID, REPOSITORY, NOW, "main")
        with self.store.transaction() as rows:
            save_repository(rows, self.repository)
        self.handlers = build_behaviours(server.app())

    @property
    def rows(self) -> Store:
        return self.store.of(self.repository.key)

    def work(self, kind: str, key: str) -> Later | None:
        return self.handlers[kind](Context(self.rows, INSTALLATION_ID, NOW), key)

    def open_pull(self, files: dict[str, bytes | None], branch: str = "topic") -> int:
        self.alice.branch(branch, self.alice.head())
        self.alice.commit(files, branch=branch)
        body = {"title": "Change", "head": branch, "base": "main"}
        return int(self.alice.send("POST", "/pulls", body)["number"])

    def checks(self, branch: str = "topic") -> list[CheckRun]:
        return [
            run
            for run in self.server.forge().checks.list(self.alice.head(branch))
            if run.name == "flujo"
        ]

    def report(self, branch: str = "topic") -> dict[str, JsonValue]:
        found = self.alice.get(f"/commits/{self.alice.head(branch)}/check-runs")
        (run,) = [run for run in found["check_runs"] if run["name"] == "flujo"]
        output: dict[str, JsonValue] = run["output"]
        return output

    def calls(self) -> list[str]:
        """What we asked, without the tokens, which are kept for an hour."""
        asked = [entry for entry in self.server.log() if entry.agent == OUR_AGENT]
        return [entry.name for entry in asked if not entry.name.endswith("/access_tokens")]


@pytest.fixture
def world(github: GitHubServer, tmp_path: Path) -> World:
    found = World(github, tmp_path)
    found.alice.commit({PATH: SPEC.encode()})
    return found


def test_a_pull_request_is_judged_and_again_when_it_changes(world: World) -> None:
    number = str(world.open_pull({PATH: BROKEN.encode()}))
    world.work("pull_request", number)
    (check,) = world.checks()
    assert check.conclusion is CheckConclusion.FAILURE
    assert world.report()["annotations_count"] == 1
    world.alice.commit({PATH: TUNED.encode()}, branch="topic")
    world.work("pull_request", number)
    (check,) = world.checks()
    assert check.conclusion is CheckConclusion.SUCCESS
    assert "```mermaid" in str(world.report()["text"])
    writes = world.server.writes()
    world.work("checks", world.alice.head("topic"))
    assert world.server.writes() == writes
    world.work("check_again", world.alice.head("topic"))
    assert len(world.server.writes()) == len(writes) + 1
    assert len(world.checks()) == 1


def test_a_pull_request_without_specs_gets_no_check(world: World) -> None:
    number = world.open_pull({"README.md": b"Hello"})
    world.work("pull_request", str(number))
    assert not world.checks()
    assert not world.server.writes()


def test_one_spec_among_five_hundred_takes_few_calls(world: World) -> None:
    specs: dict[str, bytes | None] = {
        f"flows/{number:03}.flow.yaml": SPEC.encode() for number in range(500)
    }
    world.alice.commit({**specs, ".github/flujo.yml": b"mode: propose\n"})
    first = world.open_pull({"flows/007.flow.yaml": TUNED.encode()})
    world.alice.commit({"README.md": b"The base has moved on."})
    counts = []
    for _ in range(2):
        before = len(world.calls())
        world.work("pull_request", str(first))
        counts.append(len(world.calls()) - before)
    assert world.checks()
    assert max(counts) <= _MOST_CALLS
    assert counts[1] < counts[0]


def test_a_command_is_answered_once(world: World) -> None:
    number = world.open_pull({"README.md": b"Hello"})
    comment = world.alice.comment(number, "/flujo pause 3d")
    for _ in range(2):
        world.work("command", f"{number}/{comment}")
    with world.rows.snapshot() as rows:
        found = find_repository(rows, world.repository.id)
    assert found is not None
    assert found.paused_until is not None
    reactions = [name for name in world.server.writes() if name.endswith("/reactions")]
    assert len(reactions) == 1


def test_a_command_of_somebody_who_may_only_read_does_nothing(world: World) -> None:
    number = world.open_pull({"README.md": b"Hello"})
    comment = world.server.person("mallory").comment(number, "/flujo pause 3d")
    world.work("command", f"{number}/{comment}")
    with world.rows.snapshot() as rows:
        found = find_repository(rows, world.repository.id)
    assert found is not None
    assert found.paused_until is None
