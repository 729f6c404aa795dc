"""The App as it is installed: `flujo serve` as a process with its jobs, GitHub's webhooks, and ways to wait."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import orjson
import pytest
from pydantic import JsonValue

from app.bootstrap.on_github import (
    API_URL_VARIABLE,
    APP_ID_VARIABLE,
    KEY_VARIABLE,
    SECRET_VARIABLE,
)
from app.store import Store, WorkState, list_work, open_store, repository_key
from tests.app.otlp.servers import Server
from tests.e2e.github_server import (
    APP_ID,
    INSTALLATION_ID,
    REPOSITORY,
    WEBHOOK_SECRET,
    GitHubServer,
)
from tests.e2e.person import Person

_PATIENCE_S = 90.0
_LOOK_EVERY_S = 0.1

Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], what: str) -> Found:
    """Look until there is something to see, and return it."""
    end_s = time.monotonic() + _PATIENCE_S
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(_LOOK_EVERY_S)


@dataclass
class RunningApp:
    """A server beside a GitHub that knows where it listens; `start` again after it was killed."""

    github: GitHubServer
    data: Path
    port: int
    server: Server = field(init=False)

    def __post_init__(self) -> None:
        self.github.reset(f"http://127.0.0.1:{self.port}/webhooks/github")
        self.start()
        self.store: Store = open_store(self.data / "flujo.db")

    @property
    def alice(self) -> Person:
        return self.github.person("alice")

    @property
    def rows(self) -> Store:
        return self.store.of(repository_key(self.github.find(REPOSITORY).id))

    def start(self) -> None:
        self.server = Server(self.data, "--port", str(self.port))

    def install(self) -> None:
        payload: JsonValue = {"action": "created", "installation": {"id": INSTALLATION_ID}}
        body: JsonValue = {
            "event": "installation",
            "payload": payload,
            "owner": "acme",
            "repo": "flows",
        }
        self.github.control("emit", body)

    def send_telemetry(self, lines: list[str], token: str) -> None:
        """Send what a collector would gather into one request."""
        spans = [one for line in lines for one in orjson.loads(line)["resourceSpans"]]
        answer = httpx2.post(
            f"{self.server.address}/v1/traces",
            content=orjson.dumps({"resourceSpans": spans}),
            headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text

    def wait_for_pull(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            pulls = self.alice.get("/pulls?state=all&per_page=100")
            return next((pull for pull in pulls if is_wanted(pull)), None)

        found = wait_for(look, "a pull request")
        assert found is not None
        return found

    def wait_for_rest(self) -> None:
        """Wait until nothing is under way or due."""

        def is_quiet() -> bool:
            with self.store.snapshot() as rows:
                busy = list_work(rows, states=[WorkState.QUEUED, WorkState.RUNNING])
                waiting = list_work(rows, states=[WorkState.WAITING])
            return not busy and all(item.not_before > _soon() for item in waiting)

        wait_for(is_quiet, "rest")


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=5)


@contextmanager
def run_app(
    github: GitHubServer, data: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningApp]:
    """Run the App's server; it is killed at the end if it is still there."""
    for name, value in {
        SECRET_VARIABLE: WEBHOOK_SECRET,
        APP_ID_VARIABLE: str(APP_ID),
        KEY_VARIABLE: github.key,
        API_URL_VARIABLE: github.url,
    }.items():
        monkeypatch.setenv(name, value)
    running = RunningApp(github, data, _find_port())
    try:
        yield running
    finally:
        if running.server.process.poll() is None:
            running.server.kill()


def _find_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
