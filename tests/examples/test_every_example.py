"""Every spec in `examples/`, found by its name: valid without a warning, its tests pass, and it runs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.adapters.spec_files import open_spec
from tests.docs.pages import read_page
from workflow import Workflow

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SPECS = {path.relative_to(EXAMPLES).as_posix(): path for path in EXAMPLES.rglob("*.flow.yaml")}
TUTORIAL = ROOT / "docs" / "tutorials" / "multi-turn-workflow.md"

every_spec = pytest.mark.parametrize("path", SPECS.values(), ids=SPECS)


@pytest.fixture(scope="module")
def orders_url() -> Iterator[str]:
    """The service that one of the examples asks."""
    server = EXAMPLES / "support-triage" / "order_server.py"
    command = [sys.executable, str(server), "--port", "0", "--slow", "0", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def flujo(tmp_path: Path, orders_url: str) -> Any:
    """Runs commands on copies of the examples, so that nothing is left behind in them."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    environ = {
        **os.environ,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "ORDERS_URL": orders_url,
        "PYTHONPATH": str(ROOT),
    }

    def run(*arguments: str) -> tuple[int, Any]:
        command = [sys.executable, "-m", "app", *arguments, "--format", "json"]
        done = subprocess.run(
            command, cwd=tmp_path / "examples", env=environ, capture_output=True, text=True
        )
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def test_there_are_examples() -> None:
    assert {"minimal/hello.flow.yaml", "multi-turn/chat.flow.yaml"} <= SPECS.keys()


def test_no_spec_hides_behind_another_name() -> None:
    others = {path for path in EXAMPLES.rglob("*.y*ml") if ".github" not in path.parts}
    looks_like_one = {path for path in others if "\nsteps:" in path.read_text(encoding="utf-8")}
    # One is broken on purpose: its tests are what is mended there.
    assert looks_like_one - {EXAMPLES / "self-healing" / "refunds.broken.yaml"} <= {*SPECS.values()}


@every_spec
def test_it_is_valid_without_a_warning_and_carries_tests(path: Path) -> None:
    workflow = open_spec(path)
    assert workflow.warnings == ()
    assert workflow.spec.tests


@every_spec
def test_its_models_are_simulated(path: Path) -> None:
    models = [agent.model for agent in open_spec(path).spec.agents.values()]
    assert all(model.startswith("sim:") for model in models)


@pytest.mark.parametrize("name", SPECS)
def test_its_tests_pass_and_it_runs(flujo: Any, name: str) -> None:
    code, tested = flujo("test", name)
    assert (code, tested["failed"], tested["skipped"]) == (0, 0, 0)
    workflow = open_spec(SPECS[name])
    data = json.dumps(workflow.spec.tests[0].input)
    code, ran = flujo("run", name, "--input", data, "--runs", "5")
    outcomes = {result["outcome"] for result in ran["results"]}
    assert (code, outcomes) in good_ends(workflow)


def good_ends(workflow: Workflow) -> list[tuple[int, set[str]]]:
    """Return how runs may end: well, or by asking a person where a step does so."""
    asks = any(node.kind == "hitl" for node in workflow.nodes)
    return [(1, {"paused"})] if asks else [(0, {"ok"}), (0, {"ok", "error"})]


def test_the_tutorial_writes_the_files_of_the_multi_turn_example() -> None:
    blocks = read_page(TUTORIAL).blocks
    written = {block.marks["file"]: block.body for block in blocks if "file" in block.marks}
    assert {"chat.flow.yaml", "skills/chat.py", "monday.json"} <= written.keys()
    for name, text in written.items():
        assert (EXAMPLES / "multi-turn" / name).read_text(encoding="utf-8") == text, name


def test_the_tutorial_fits_on_a_few_screens() -> None:
    assert len(TUTORIAL.read_text(encoding="utf-8").splitlines()) <= 150
