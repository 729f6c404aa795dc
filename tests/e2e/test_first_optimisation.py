"""The tutorial from the installed App to a merged improvement, followed on the GitHub for tests by its own words."""

import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli.main import run_command
from app.segments.layout import DataFolder
from app.segments.roll_up import RollUp
from app.store import RepositoryState
from tests.docs.pages import ROOT, read_page
from tests.e2e.github_server import REPOSITORY, GitHubServer
from tests.e2e.test_onboarding import Served, merge, only

PAGE = read_page(ROOT / "docs" / "tutorials" / "first-optimisation.md")
SPEC_PATH = "flows/letters.flow.yaml"


@pytest.fixture
def served(github: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    (spec,) = [block.body for block in PAGE.blocks if block.language == "yaml"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / SPEC_PATH).write_text(spec, encoding="utf-8")
    found = Served(github, DataFolder(tmp_path / "server").database.parent)
    found.alice.commit({SPEC_PATH: spec.encode()})
    return found


def test_the_page_leads_to_a_merged_improvement(served: Served, tmp_path: Path) -> None:
    # Say yes
    served.hear("installation", "created")
    merge(served)
    assert served.row().state is RepositoryState.ACTIVE
    # Run it often
    (shell,) = [block.body for block in PAGE.blocks if block.language == "sh"]
    data = tmp_path / "server"
    for line in shell.splitlines():
        words = [
            word.replace("/var/lib/flujo", str(data)).replace("YOU/REPOSITORY", REPOSITORY)
            for word in shlex.split(line)
        ]
        assert words[0] == "flujo"
        assert run_command(words[1:]) == 0
    # The server's worker isn't running here: this is its turn.
    worker = RollUp(DataFolder(data).segments, served.workshop.store)
    while worker.work_off():
        pass
    worker.settle(now_ns=int((datetime.now(UTC) + timedelta(days=1)).timestamp()) * 10**9)
    # Have it look
    served.clock.now = datetime.now(UTC)
    dashboard = only(
        served.alice.get("/issues?state=open"), lambda each: each["title"] == "Flujo dashboard"
    )
    text = served.alice.get(f"/issues/{dashboard}")["body"]
    ticked = text.replace("- [ ] <!-- flujo-box:sweep", "- [x] <!-- flujo-box:sweep")
    served.alice.send("PATCH", f"/issues/{dashboard}", {"body": ticked})
    alice = served.alice.get("/collaborators/alice/permission")["user"]["id"]
    served.hear("issues", "edited", number=dashboard, sender=alice)
    number = only(served.alice.get("/pulls?state=open"), lambda each: "draft" in str(each["title"]))
    assert f"#{number} " in served.alice.get(f"/issues/{dashboard}")["body"]
    # Decide
    served.alice.send("PUT", f"/pulls/{number}/merge", {})
    served.hear("pull_request", "closed", number=number)
    text = served.github.forge().code.read_file(served.alice.head(), SPEC_PATH)
    assert text is not None
    assert b"max_retries" in text
