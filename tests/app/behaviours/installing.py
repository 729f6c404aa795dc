"""An App in memory with installations and their repositories, and the server's turns for what GitHub tells."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from app.bootstrap.behaviours import build_behaviours
from app.errors import GitHubNotFoundError, GitHubPermissionError
from app.forge import Account, AppForge, Forge, Installation, InstalledRepository, PullRequest
from app.forge import Repository as Found
from app.jobs.advance import Workshop
from app.store import (
    Repository,
    Store,
    find_repository,
    list_work,
    open_store,
    repository_key,
)
from app.webhooks.events import find_work
from app.webhooks.facts import Facts
from tests.app.behaviours.places import SPEC
from tests.app.jobs.workshops import ToldTime, ask_for, run_due
from tests.fakes.forge import FakeGitHub

ACME = Account(50, "acme")
SPEC_PATH = "flows/letters.flow.yaml"


class _OutOfReach:
    """A repository we get no token for."""

    def __getattr__(self, name: str) -> object:
        def refuse(*_: object, **__: object) -> object:
            raise GitHubPermissionError("POST access_tokens", 422, f"no token for {name}")

        return refuse


@dataclass
class FakeApp:
    """Implements the part of `AppForge` that installations need."""

    repositories_of: dict[int, list[FakeGitHub]] = field(default_factory=dict)
    suspended: set[int] = field(default_factory=set)

    def installations(self) -> tuple[Installation, ...]:
        return tuple(self.installation(number) for number in self.repositories_of)

    def installation(self, installation_id: int) -> Installation:
        if installation_id not in self.repositories_of:
            raise GitHubNotFoundError("GET /app/installations", 404, "Not Found")
        is_suspended = installation_id in self.suspended
        return Installation(installation_id, ACME, {}, (), "selected", is_suspended)

    def repositories(self, installation_id: int) -> tuple[InstalledRepository, ...]:
        if installation_id in self.suspended:
            raise GitHubPermissionError("GET /installation/repositories", 403, "suspended")
        return tuple(
            InstalledRepository(each.repository.id, each.repository.full_name)
            for each in self.repositories_of[installation_id]
        )

    def open(self, installation_id: int, repository: InstalledRepository) -> Forge:
        for each in self.repositories_of.get(installation_id, ()):
            if each.repository.id == repository.id and installation_id not in self.suspended:
                return cast("Forge", each.as_app())
        return cast("Forge", _OutOfReach())

    def deliveries(self, since: object) -> tuple[()]:
        del since
        return ()


@dataclass
class Server:
    """The App's server: what it hears of GitHub, and what it does about it."""

    app: FakeApp
    workshop: Workshop

    @property
    def store(self) -> Store:
        return self.workshop.store

    @property
    def clock(self) -> ToldTime:
        assert isinstance(self.workshop.clock, ToldTime)
        return self.workshop.clock

    def hear(self, event: str, facts: Facts) -> None:
        """Take an event, and do all there is to do."""
        ask_for(self.store, *find_work(event, facts), at=self.clock.now)
        self.run()

    def hear_installation(self, action: str = "created", installation_id: int = 5) -> None:
        self.hear("installation", Facts(action=action, installation_id=installation_id))

    def hear_repository(self, action: str, repository_id: int = 1) -> None:
        self.hear("repository", Facts(action, 5, repository_id))

    def hear_pull(self, pull: PullRequest, action: str = "synchronize") -> None:
        self.hear("pull_request", Facts(action, 5, 1, number=pull.number, is_pull_request=True))

    def hear_push(self) -> None:
        self.hear("push", Facts(installation_id=5, repository_id=1, is_default_branch=True))

    def run(self) -> None:
        while run_due(self.workshop):
            self.clock.move(seconds=1)

    def row(self, repository_id: int = 1) -> Repository | None:
        with self.store.snapshot() as rows:
            return find_repository(rows, repository_id)

    def rows_of(self, repository_id: int = 1) -> Store:
        return self.store.of(repository_key(repository_id))

    def failures(self) -> list[str]:
        with self.store.snapshot() as rows:
            return [each.last_error_kind for each in list_work(rows) if each.last_error_kind]


def make_server(folder: Path, *repositories: FakeGitHub) -> Server:
    """Return a server whose App is installed on these repositories, of which it hasn't heard yet."""
    app = FakeApp({5: list(repositories)})
    clock = ToldTime()
    handlers = build_behaviours(cast("AppForge", app))
    return Server(app, Workshop(open_store(folder / "flujo.db"), handlers, clock))


def make_repository(
    files: dict[str, str] | None = None, *, number: int = 1, name: str = "acme/flows"
) -> FakeGitHub:
    texts = {SPEC_PATH: SPEC} if files is None else files
    github = FakeGitHub({path: text.encode() for path, text in texts.items()})
    github.repository = replace(github.repository, id=number, full_name=name)
    return github


def change(github: FakeGitHub, **facts: object) -> Found:
    """Let the repository be another one in some respect."""
    github.repository = replace(github.repository, **facts)  # type: ignore[arg-type]
    return github.repository
