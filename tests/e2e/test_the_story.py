"""The whole story with real processes: installed, measured, proposed, merged by a person, and what it brought."""

import os
import random
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.cli.main import run_command
from app.store import (
    LedgerRecord,
    Repository,
    create_token,
    list_applications,
    list_ledger,
    list_samples,
    list_work,
    save_repository,
)
from app.webhooks.events import COMMAND, PULL_REQUEST
from tests.app.behaviours.places import BROKEN, PATH, SPEC
from tests.app.sweeping import LETTERS, LETTERS_SPEC
from tests.e2e.github_server import INSTALLATION_ID, REPOSITORY, GitHubServer
from tests.e2e.running_app import RunningApp, run_app, wait_for

_VERIFY = bool(os.environ.get("FLUJO_VERIFY"))
_ROUNDS = 20 if _VERIFY else 1
_RUNS = 150


class Story:
    """What alice does, and what she waits for."""

    def __init__(self, app: RunningApp) -> None:
        self.app = app
        with app.store.transaction() as rows:
            _, self.token = create_token(rows, REPOSITORY, at=datetime.now(UTC))

    def set_up(self) -> None:
        pull = self.app.wait_for_pull(lambda one: one["title"] == "Set up Flujo")
        self.app.alice.send("PUT", f"/pulls/{pull['number']}/merge", {})
        wait_for(self.find_dashboard, "the dashboard")

    def find_dashboard(self) -> dict[str, Any] | None:
        issues = self.app.alice.get("/issues?state=open")
        found = (one for one in issues if one["title"] == "Flujo dashboard")
        return next(found, None)

    def run_often(self, folder: Path, seed: int) -> Path:
        """Run the workflow as it is on the default branch; return its spans."""
        text = self.app.github.forge().code.read_file(self.app.alice.head(), LETTERS)
        assert text is not None
        (folder / LETTERS).write_bytes(text)
        kept = folder / f"{seed}.jsonl"
        arguments = ("--runs", str(_RUNS), "--every", "600", "--seed", str(seed))
        asked = ("--input", '{"question": "Why?"}', "--telemetry", str(kept))
        run_command(["run", str(folder / LETTERS), *arguments, *asked])
        return kept

    def count_runs(self) -> int:
        with self.app.store.snapshot() as rows:
            return len(list_samples(rows, repository=REPOSITORY))

    def have_it_look(self) -> None:
        """Tick the box on the dashboard."""
        issue = self.find_dashboard()
        assert issue is not None
        box = "- [ ] <!-- flujo-box:sweep"
        assert box in issue["body"]
        ticked = issue["body"].replace(box, box.replace("[ ]", "[x]"))
        self.app.alice.send("PATCH", f"/issues/{issue['number']}", {"body": ticked})

    def list_ledger(self) -> tuple[LedgerRecord, ...]:
        with self.app.rows.snapshot() as rows:
            return list_ledger(rows)


def _is_proposal(pull: dict[str, Any]) -> bool:
    branch = str(pull["head"]["ref"])
    return branch.startswith("flujo/") and branch != "flujo/configure"


@pytest.mark.skipif(not _VERIFY, reason="it waits a minute for telemetry to settle: FLUJO_VERIFY=1")
def test_from_the_installation_to_what_a_merge_brought(
    github: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_app(github, tmp_path / "data", monkeypatch) as app:
        story, alice = Story(app), app.alice
        alice.commit({LETTERS: LETTERS_SPEC.encode()})
        app.install()
        # A run is taken for whole half a minute after its last span: time enough to say yes.
        spans = story.run_often(tmp_path, seed=1).read_text(encoding="utf-8")
        app.send_telemetry(spans.splitlines(), story.token)
        story.set_up()
        wait_for(lambda: story.count_runs() >= _RUNS, "the runs")
        story.have_it_look()
        pull = app.wait_for_pull(_is_proposal)
        head = pull["head"]["sha"]
        check = wait_for(
            lambda: alice.get(f"/commits/{head}/check-runs")["check_runs"], "the check"
        )
        assert [(one["name"], one["conclusion"]) for one in check] == [("flujo", "success")]
        bob = github.person("bob")
        bob.send("POST", f"/pulls/{pull['number']}/reviews", {"event": "APPROVE"})
        app.wait_for_rest()
        alice.send("PUT", f"/pulls/{pull['number']}/merge", {"sha": head})

        def find_applied() -> object:
            with app.rows.snapshot() as rows:
                return list_applications(rows)

        wait_for(find_applied, "the application")
        spans = story.run_often(tmp_path, seed=2).read_text(encoding="utf-8")
        app.send_telemetry(spans.splitlines(), story.token)
        wait_for(lambda: story.count_runs() >= 2 * _RUNS, "the runs since")
        story.have_it_look()
        (line, *_) = wait_for(story.list_ledger, "the ledger")
        assert line.realised_usd is not None
        assert line.realised_usd > 0
        app.wait_for_rest()
        log = app.server.stop()
        assert "Traceback" not in log, log
        assert "job_failed" not in log, log
        found = alice.get("/pulls?state=all")
        assert len([one for one in found if _is_proposal(one)]) == 1


def test_killed_again_and_again_it_loses_and_doubles_nothing(
    github: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(11)
    with run_app(github, tmp_path, monkeypatch) as app:
        app.alice.commit({PATH: SPEC.encode()})
        number, now = github.find(REPOSITORY).id, datetime.now(UTC)
        with app.store.transaction() as rows:
            save_repository(rows, Repository(number, INSTALLATION_ID, REPOSITORY, now, "main"))
        opened = []
        for name in range(_ROUNDS):
            opened.append(_break_a_spec(app, f"topic-{name}"))
            time.sleep(chance.uniform(0.0, 3.0))
            app.server.kill()
            app.start()
        for pull, branch in opened:
            wait_for(partial(_list_checks, app, branch), "a check")
            wait_for(partial(_list_answers, app, pull), "an answer")
        app.wait_for_rest()
        app.server.stop()
        for pull, branch in opened:
            assert len(_list_checks(app, branch)) == 1
            assert len(_list_answers(app, pull)) == 1


def _break_a_spec(app: RunningApp, branch: str) -> tuple[int, str]:
    """Open a pull request and ask about it; return once both deliveries were acknowledged."""
    alice = app.alice
    alice.branch(branch, alice.head())
    alice.commit({PATH: BROKEN.encode()}, branch=branch)
    body = {"title": branch, "head": branch, "base": "main"}
    number = int(alice.send("POST", "/pulls", body)["number"])
    comment = alice.comment(number, "/flujo explain")

    def are_known() -> bool:
        with app.store.snapshot() as rows:
            known = {(item.work.kind, item.work.key) for item in list_work(rows)}
        return known >= {(PULL_REQUEST, str(number)), (COMMAND, f"{number}/{comment}")}

    wait_for(are_known, "the work")
    return number, branch


def _list_checks(app: RunningApp, branch: str) -> list[Any]:
    found = app.alice.get(f"/commits/{app.alice.head(branch)}/check-runs")["check_runs"]
    return [one for one in found if one["name"] == "flujo" and one["status"] == "completed"]


def _list_answers(app: RunningApp, number: int) -> list[Any]:
    found = app.alice.get(f"/issues/{number}/comments")
    return [one for one in found if "flujo:answer" in one["body"]]
