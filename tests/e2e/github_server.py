"""Starts the GitHub for tests, once a process, and gives ways in: an App, people, faults, a log of what was asked."""

import atexit
import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel, ConfigDict, JsonValue

from app.forge import InstalledRepository
from app.github import (
    AppKey,
    GitHubApp,
    GitHubForge,
    World,
    open_with_token,
    parse_address,
    read_app_key,
)
from app.github.api import RepositoryApi
from tests.e2e.person import Person

HERE = Path(__file__).parent
OUR_AGENT = "flujo-app"
APP_ID, INSTALLATION_ID = 4242, 100
CI_APP_ID, CI_INSTALLATION_ID = 15368, 101
REPOSITORY = "acme/flows"
WEBHOOK_SECRET = "a secret between us"
_SESSION = requests.Session()
TOKENS = {"token-of-alice": "alice", "token-of-bob": "bob", "token-of-mallory": "mallory"}


class Asked(BaseModel):
    """A request as GitHub saw it."""

    model_config = ConfigDict(frozen=True)

    verb: str
    path: str
    url: str
    body: JsonValue
    agent: str | None
    caller: Mapping[str, JsonValue]
    status: int
    fault: str | None

    @property
    def name(self) -> str:
        return f"{self.verb} {self.path}"

    @property
    def is_write(self) -> bool:
        return self.verb != "GET" and not self.path.endswith("/access_tokens")


@dataclass(frozen=True)
class Fault:
    """A failure on demand; `server/faults.mjs` says what the fields mean."""

    match: str
    kind: str = "status"
    when: str = "before"
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: JsonValue = None
    skip: int = 0
    times: int = 1
    delay_ms: int = 0


@dataclass
class FastTime:
    """A clock that only moves when somebody waits; `slept_s` lists how long."""

    slept_s: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return sum(self.slept_s)

    def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)


@dataclass(frozen=True)
class GitHubServer:
    """A running GitHub for tests."""

    url: str
    key: str = field(repr=False)

    def reset(self, webhook_url: str = "") -> None:
        self.control("reset", {"webhook_url": webhook_url})

    def save(self) -> None:
        """Remember how everything stands, for `load`."""
        self.control("save", {})

    def load(self) -> None:
        """Put everything back to where it was saved, without faults."""
        self.control("load", {})

    def control(self, name: str, body: JsonValue) -> None:
        _SESSION.post(f"{self.url}/_test/{name}", json=body, timeout=10).raise_for_status()

    def fail(self, *faults: Fault) -> None:
        self.control("faults", [vars(fault) | {"headers": {**fault.headers}} for fault in faults])

    def log(self) -> list[Asked]:
        found = _SESSION.get(f"{self.url}/_test/log", timeout=10).json()
        return [Asked.model_validate(entry) for entry in found]

    def writes(self) -> list[str]:
        """What was asked to change, by us, in order."""
        ours = [entry for entry in self.log() if entry.agent == OUR_AGENT and entry.is_write]
        return [entry.name for entry in ours]

    def person(self, login: str = "alice", repository: str = REPOSITORY) -> Person:
        token = next(token for token, owner in TOKENS.items() if owner == login)
        return Person(self.url, f"token {token}", repository)

    def world(self, time: FastTime | None = None, *, timeout_s: int = 5) -> World:
        time = time or FastTime()
        return World(
            address=parse_address(self.url),
            clock=lambda: datetime.now(UTC),
            monotonic=time.monotonic,
            sleep=time.sleep,
            timeout_s=timeout_s,
        )

    def app(self, world: World | None = None) -> GitHubApp:
        return GitHubApp(APP_ID, _read_key(self.key), world or self.world())

    def ci(self) -> GitHubForge:
        """The repository as another App sees it, one that runs CI."""
        app = GitHubApp(CI_APP_ID, _read_key(self.key), self.world())
        return app.open(CI_INSTALLATION_ID, self.find(REPOSITORY))

    def forge(self, repository: str = REPOSITORY, world: World | None = None) -> GitHubForge:
        return self.app(world).open(INSTALLATION_ID, self.find(repository))

    def api(self, repository: str = REPOSITORY) -> RepositoryApi:
        return self.app().api(INSTALLATION_ID, self.find(repository))

    def forge_of(self, login: str, repository: str = REPOSITORY) -> GitHubForge:
        token = next(token for token, owner in TOKENS.items() if owner == login)
        return open_with_token(repository, token, self.world())

    def find(self, repository: str) -> InstalledRepository:
        facts = self.person(repository=repository).get("")
        return InstalledRepository(int(facts["id"]), repository)


def why_not() -> str:
    """Return why there can't be a GitHub for tests here; `""` when there can."""
    if shutil.which("node") is None:
        return "needs Node"
    if not (HERE / "node_modules" / "emulate").is_dir():
        return "needs `npm ci --ignore-scripts` in tests/e2e"
    return ""


@cache
def start_server() -> GitHubServer:
    """Start the server of this process; it ends with the process."""
    key = make_key()
    folder = Path(tempfile.mkdtemp(prefix="flujo-e2e-"))
    (folder / "seed.json").write_text(json.dumps(_seed(key)), encoding="utf-8")
    port = _find_port()
    process = subprocess.Popen(
        ["node", str(HERE / "server" / "github.mjs"), str(folder / "seed.json"), str(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_stop, process, folder)
    assert process.stdout is not None
    ready = process.stdout.readline()
    assert ready.startswith("ready"), "the server didn't start; its complaint is above"
    return GitHubServer(f"http://127.0.0.1:{port}", key)


@cache
def make_key() -> str:
    """Return a private key as GitHub gives it to an App."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


@cache
def _read_key(key: str) -> AppKey:
    return read_app_key(key)


def _stop(process: "subprocess.Popen[str]", folder: Path) -> None:
    process.terminate()
    process.wait(timeout=10)
    if process.stdout is not None:
        process.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)


def _find_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _seed(key: str) -> JsonValue:
    logins = [*TOKENS.values()]
    return {
        "tokens": {**TOKENS},
        "collaborators": [
            {"repo": REPOSITORY, "login": "alice", "permission": "admin"},
            {"repo": REPOSITORY, "login": "bob", "permission": "push"},
            {"repo": "acme/secret", "login": "alice", "permission": "admin"},
        ],
        "github": {
            "users": [{"login": login} for login in logins],
            "orgs": [{"login": "acme", "members": [{"login": "alice", "role": "admin"}]}],
            "repos": [
                {"owner": "acme", "name": "flows", "auto_init": True, "private": False},
                {"owner": "acme", "name": "secret", "auto_init": True, "private": True},
            ],
            "apps": [
                _app(APP_ID, "flujo", INSTALLATION_ID, key, _OUR_PERMISSIONS),
                _app(CI_APP_ID, "github-actions", CI_INSTALLATION_ID, key, _OUR_PERMISSIONS),
            ],
        },
    }


_OUR_PERMISSIONS = {
    "administration": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}


def _app(
    app_id: int, slug: str, installation_id: int, key: str, permissions: Mapping[str, str]
) -> JsonValue:
    installation: JsonValue = {
        "installation_id": installation_id,
        "account": "acme",
        "repository_selection": "all",
    }
    events: Sequence[JsonValue] = ["*"] if app_id == APP_ID else []
    return {
        "app_id": app_id,
        "slug": slug,
        "name": slug.title(),
        "private_key": key,
        "permissions": {**permissions},
        "events": [*events],
        "webhook_secret": WEBHOOK_SECRET,
        "installations": [installation],
    }
