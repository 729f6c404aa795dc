"""Proposals on GitHub: from telemetry to a pull request, to a merge, to what it brought."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.behaviours.publish_proposals import publish_proposals
from app.behaviours.refresh_proposals import refresh_proposals
from app.behaviours.sweep_repository import sweep_repository
from app.behaviours.workplace import Workplace
from app.forge import MergeRequest, PullRequest, PullRequestState
from app.store import (
    Ending,
    PullRequestRecord,
    Repository,
    Store,
    list_applications,
    list_ledger,
    list_pull_requests,
    open_store,
    save_repository,
)
from app.store.samples import keep_run
from app.use_cases.settings_in_force import read_settings_in_force
from telemetry import Run
from tests.app.behaviours.proposing import PROPOSE, SETTINGS_FILE
from tests.app.sweeping import LETTERS, LETTERS_SPEC, read, run_often
from tests.e2e.github_server import GitHubServer
from tests.e2e.person import Person

START = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class World:
    """Alice's repository with letters that nobody retries, and the App's rows about it."""

    github: GitHubServer
    store: Store

    @property
    def alice(self) -> Person:
        return self.github.person("alice")

    def open(self, now: datetime) -> Workplace:
        forge = self.github.forge()
        default = forge.code.default_branch()
        store = self.store.of("github:1")
        found = read_settings_in_force(forge.code, default, store)
        repository = Repository(1, 100, "acme/flows", START, "main")
        return Workplace(forge, store, repository, found.settings, now, found.error, default)

    def send(self, runs: Sequence[Run], *, until: datetime) -> None:
        with self.store.transaction() as rows:
            for number, run in enumerate(runs):
                moved = replace(
                    run,
                    run_id=f"{run.spec_sha256[:6]}-{number}",
                    started_at=until - timedelta(minutes=30 * number),
                )
                keep_run(
                    rows,
                    moved,
                    repository="github:1",
                    stratum=run.spec_sha256,
                    rank=number,
                    limit=1000,
                )

    def propose(self) -> PullRequest:
        self.send(run_often(read(LETTERS_SPEC)).runs, until=START)
        sweep_repository(self.open(START), "")
        publish_proposals(self.open(START), "")
        return self.pull()

    def refresh(self, after: timedelta) -> None:
        refresh_proposals(self.open(START + after), "")

    def pull(self) -> PullRequest:
        return self.github.forge().pull_requests.get(self.record().number)

    def record(self) -> PullRequestRecord:
        with self.store.of("github:1").snapshot() as rows:
            (record,) = list_pull_requests(rows)
        return record

    def text(self, branch: str) -> str:
        forge = self.github.forge()
        head = forge.code.branch(branch)
        assert head is not None
        content = forge.code.read_file(head.commit, LETTERS)
        assert content is not None
        return content.decode()


@pytest.fixture
def world(github: GitHubServer, tmp_path: Path) -> World:
    store = open_store(tmp_path / "flujo.db")
    with store.transaction() as rows:
        save_repository(rows, Repository(1, 100, "acme/flows", START, "main"))
    files = {LETTERS: LETTERS_SPEC.encode(), SETTINGS_FILE: PROPOSE.encode()}
    github.person("alice").commit({**files, "CODEOWNERS": b"*.flow.yaml @bob\n"})
    return World(github, store)


def test_from_telemetry_to_a_merge_to_what_it_brought(world: World) -> None:
    pull = world.propose()
    assert "/flujo reject" in pull.body
    assert {"flujo", "flujo:low-risk"} <= {*pull.labels}
    assert pull.reviewers == ("bob",)
    writes = world.github.writes()
    publish_proposals(world.open(START), "")
    assert world.github.writes() == writes
    bob = world.github.forge_of("bob").pull_requests
    bob.merge(MergeRequest(pull.number, pull.head_commit, "Retry", ""))
    world.refresh(timedelta(hours=1))
    assert world.record().ending is Ending.MERGED
    with world.store.of("github:1").snapshot() as rows:
        (application,) = list_applications(rows)
    after = read(world.text("main"))
    assert application.spec_sha256_after == after.spec_sha256
    world.send(run_often(after, seed=1).runs, until=START + timedelta(days=4))
    sweep_repository(world.open(START + timedelta(days=4)), "")
    with world.store.of("github:1").snapshot() as rows:
        (line,) = list_ledger(rows)
    assert line.realised_usd is not None
    assert line.realised_usd > 0


def test_a_conflicting_base_has_the_branch_made_anew(world: World) -> None:
    pull = world.propose()
    moved = LETTERS_SPEC.replace("    uses: agents.writer\n", "    uses: agents.writer  # soon\n")
    world.alice.commit({LETTERS: moved.replace("Write.", "Write well.").encode()})
    world.refresh(timedelta(hours=1))
    text = world.text(pull.head_branch)
    assert "Write well." in text
    assert "max_retries" in text
    assert world.pull().state is PullRequestState.OPEN
    assert world.pull().is_mergeable is not False


def test_a_pushed_branch_is_left_alone(world: World) -> None:
    pull = world.propose()
    pushed = world.alice.commit({"notes.md": b"mine"}, branch=pull.head_branch)
    world.alice.commit({LETTERS: LETTERS_SPEC.replace("Write.", "Write well.").encode()})
    for hours in (1, 2):
        world.refresh(timedelta(hours=hours))
    assert world.alice.head(pull.head_branch) == pushed
    comments = world.github.forge().comments.list(pull.number)
    assert len(comments) == 1
    assert "yours" in comments[0].body


def test_a_closed_pull_request_never_comes_back(world: World) -> None:
    pull = world.propose()
    world.github.forge_of("bob").pull_requests.close(pull.number)
    world.refresh(timedelta(hours=1))
    spec = LETTERS_SPEC.replace("Write.", "Write well.")
    world.alice.commit({LETTERS: spec.encode()})
    later = START + timedelta(days=3)
    world.send(run_often(read(spec)).runs, until=later)
    sweep_repository(world.open(later), "")
    publish_proposals(world.open(later), "")
    found = world.github.forge().pull_requests.list_ours("flujo/")
    assert [one for one in found if "etr" in one.title] == []


def test_after_thirty_days_it_is_closed_and_tidied_up(world: World) -> None:
    pull = world.propose()
    world.refresh(timedelta(days=30))
    assert world.pull().state is PullRequestState.CLOSED
    assert world.github.forge().code.branch(pull.head_branch) is None
    (told,) = world.github.forge().comments.list(pull.number)
    assert "nobody said anything" in told.body
