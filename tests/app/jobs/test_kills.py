"""The server and its workers as processes: kill -9 at any moment loses nothing acknowledged and doubles no effect."""

import os
import random
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx2
import orjson
import pytest

from app.store import WorkState, list_work, open_store
from app.webhooks.receiver import SECRET_VARIABLE
from app.webhooks.signatures import sign
from tests.app.otlp.servers import Server, serve
from tests.app.webhooks.senders import PULL_REQUEST

SECRET = "kept between us"
ROUNDS = 25 if os.environ.get("FLUJO_VERIFY") else 1
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)


def make_delivery(number: int) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a pull request's event; its installation is one of three."""
    body = orjson.dumps(
        {
            **PULL_REQUEST,
            "installation": {"id": number % 3 + 1},
            "pull_request": {"number": number, "head": {"sha": "a" * 40}},
        }
    )
    return body, {
        "content-type": "application/json",
        "x-github-event": "pull_request",
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": sign(body, SECRET.encode()).decode(),
    }


@contextmanager
def run_appending(data: Path, effects: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run the worker that appends; it is killed at the end if it is still there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.jobs.appending", str(data), str(effects)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def send_until_it_dies(server: Server, numbers: range, acknowledged: set[int]) -> None:
    """Send deliveries, and every third one again as if its answer had been lost; then kill the server."""
    with httpx2.Client(timeout=30) as client:
        for number in numbers:
            body, headers = make_delivery(number)
            for _ in range(2 if number % 3 == 0 else 1):
                answer = client.post(
                    f"{server.address}/webhooks/github", content=body, headers=headers
                )
                assert answer.status_code == 202, answer.text
            acknowledged.add(number)
    server.kill()


def read_until(lines: IO[str] | None, wanted: Callable[[str], bool]) -> None:
    """Read what a process says until it has said what is wanted; a process that hangs is killed by the time limit."""
    assert lines is not None
    for line in lines:
        if wanted(line):
            return
    raise AssertionError("the process ended before")


def test_killing_them_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path) -> None:
    chance, acknowledged = random.Random(7), set[int]()
    effects = tmp_path / "effects.txt"
    effects.write_text("", encoding="utf-8")
    for _ in range(ROUNDS):
        first = len(acknowledged) + 1
        with serve(tmp_path) as server, run_appending(tmp_path, effects) as worker:
            several = range(first, first + chance.randrange(5, 40))
            send_until_it_dies(server, several, acknowledged)
            worker.kill()
    with run_appending(tmp_path, effects) as worker:
        expected = {f"github:7 {number}" for number in acknowledged}

        def is_all_there(_: str = "") -> bool:
            return expected <= set(effects.read_text(encoding="utf-8").splitlines())

        if not is_all_there():
            read_until(worker.stdout, is_all_there)
        log = worker.communicate(timeout=PATIENCE_S)[1]
        assert (worker.returncode, "Traceback" in log) == (0, False), log
    lines = effects.read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == sorted(expected)


def test_a_server_with_a_secret_runs_its_own_jobs_quietly_and_stops(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        body, headers = make_delivery(1)
        answer = httpx2.post(f"{server.address}/webhooks/github", content=body, headers=headers)
        assert answer.json() == {"result": "accepted"}
        done = set[str]()

        def is_done(line: str) -> bool:
            done.update(line.split()[2:3] if "job_done" in line else ())
            return done == {"kind=reconcile", "kind=tidy_up"}

        read_until(server.process.stderr, is_done)
        assert httpx2.get(f"{server.address}/readyz").text == "ready\n"
        figures = httpx2.get(f"{server.address}/metrics").text
        log = server.stop()
    assert 'flujo_webhook_deliveries_total{result="accepted"} 1' in figures
    events = {line.split()[1] for line in log.splitlines()}
    assert events <= {"delivery_taken", "slot_due", "job_done"}, log
    with open_store(tmp_path / "flujo.db").snapshot() as rows:
        waiting = list_work(rows, states=[WorkState.WAITING])
    assert [item.work.kind for item in waiting] == ["pull_request"]


def test_two_servers_on_one_folder_run_each_job_once(tmp_path: Path) -> None:
    with serve(tmp_path) as first, serve(tmp_path) as second:
        for number, server in enumerate((first, second, first), start=1):
            body, headers = make_delivery(number)
            url = f"{server.address}/webhooks/github"
            assert httpx2.post(url, content=body, headers=headers).is_success
        for server in (first, second):
            server.stop()
    with open_store(tmp_path / "flujo.db").snapshot() as rows:
        kinds = [item.work.kind for item in list_work(rows)]
    assert kinds.count("pull_request") == 3
    assert kinds.count("reconcile") <= 2
