"""From the installation to the dashboard on GitHub itself, as far as it can be had for tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.bootstrap.behaviours import build_behaviours
from app.jobs.advance import Workshop
from app.store import Repository, RepositoryState, Store, find_repository, open_store
from app.webhooks.events import find_work
from app.webhooks.facts import Facts
from tests.app.behaviours.places import PATH, SPEC
from tests.app.jobs.workshops import ToldTime, ask_for, run_due
from tests.e2e.github_server import INSTALLATION_ID, REPOSITORY, Fault, GitHubServer


class Served:
    """The App's server beside a GitHub with one repository of specs."""

    def __init__(self, server: GitHubServer, folder: Path) -> None:
        self.github = server
        self.alice = server.person("alice")
        self.number = server.find(REPOSITORY).id
        self.clock = ToldTime()
        store: Store = open_store(folder / "flujo.db")
        self.workshop = Workshop(store, build_behaviours(server.app()), self.clock)

    def hear(self, event: str, action: str = "", *, number: int = 0, sender: int = 0) -> None:
        is_pull = event == "pull_request"
        facts = Facts(
            action, INSTALLATION_ID, self.number, sender, number=number, is_pull_request=is_pull
        )
        ask_for(self.workshop.store, *find_work(event, facts), at=self.clock.now)
        self.run()

    def run(self) -> None:
        while run_due(self.workshop):
            self.clock.move(seconds=1)

    def row(self) -> Repository:
        with self.workshop.store.snapshot() as rows:
            found = find_repository(rows, self.number)
        assert found is not None
        return found


@pytest.fixture
def served(github: GitHubServer, tmp_path: Path) -> Served:
    found = Served(github, tmp_path)
    found.alice.commit({PATH: SPEC.encode()})
    return found


def only(found: list[dict[str, object]], is_wanted: Callable[[dict[str, object]], bool]) -> int:
    (one,) = [each for each in found if is_wanted(each)]
    number = one["number"]
    assert isinstance(number, int)
    return number


def offered(served: Served) -> int:
    return only(served.alice.get("/pulls?state=all"), lambda each: each["title"] == "Set up Flujo")


def merge(served: Served) -> None:
    served.alice.send("PUT", f"/pulls/{offered(served)}/merge", {})
    served.hear("pull_request", "closed", number=offered(served))


def test_installed_merged_and_stopped_by_a_tick(served: Served) -> None:
    served.hear("installation", "created")
    body = served.alice.get(f"/pulls/{offered(served)}")["body"]
    assert f"`{PATH}`" in body
    assert served.row().state is RepositoryState.ONBOARDING
    merge(served)
    assert served.row().state is RepositoryState.ACTIVE
    dashboard = only(
        served.alice.get("/issues?state=open"), lambda each: each["title"] == "Flujo dashboard"
    )
    text = served.alice.get(f"/issues/{dashboard}")["body"]
    ticked = text.replace("- [ ] <!-- flujo-box:pause", "- [x] <!-- flujo-box:pause")
    served.alice.send("PATCH", f"/issues/{dashboard}", {"body": ticked})
    bob = served.alice.get("/collaborators/bob/permission")["user"]["id"]
    served.hear("issues", "edited", number=dashboard, sender=bob)
    assert served.row().paused_until is not None
    assert "it is paused until" in served.alice.get(f"/issues/{dashboard}")["body"]


def test_editing_the_file_on_the_branch_changes_the_body(served: Served) -> None:
    served.hear("installation", "created")
    file = {".github/flujo.yml": b"mode: everything\n"}
    served.alice.commit(file, branch="flujo/configure")
    served.hear("pull_request", "synchronize", number=offered(served))
    body = served.alice.get(f"/pulls/{offered(served)}")["body"]
    assert "can't be read (line 1" in body, body


def test_closing_it_opts_out(served: Served) -> None:
    served.hear("installation", "created")
    served.alice.send("PATCH", f"/pulls/{offered(served)}", {"state": "closed"})
    served.hear("pull_request", "closed", number=offered(served))
    served.hear("installation", "new_permissions_accepted")
    assert served.row().state is RepositoryState.OPTED_OUT
    assert offered(served)


@pytest.mark.parametrize(
    "path", ["POST /repos/acme/flows/pulls", "POST /repos/acme/flows/git/refs"]
)
def test_an_answer_that_is_lost_makes_no_second_pull_request(served: Served, path: str) -> None:
    served.github.fail(Fault(match=path, when="after", status=502))
    served.hear("installation", "created")
    served.clock.move(minutes=10)
    served.run()
    assert offered(served)
