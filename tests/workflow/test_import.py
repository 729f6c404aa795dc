"""`import workflow` is quick because it leaves out what few commands need."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    script = "import workflow, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize(
    "heavy",
    [
        "pydantic_ai",
        "opentelemetry",
        "deepdiff",
        "numpy",
        "ruamel",
        "mermaid",
        "rich",
        "typer",
        "httpx2",
    ],
)
def test_what_few_need_is_not_imported_along(loaded: set[str], heavy: str) -> None:
    assert "workflow" in loaded
    assert heavy not in loaded
