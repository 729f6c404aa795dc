"""The Python on the page of the builder runs, and what it writes is a spec that runs."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT, read_page

PAGE = ROOT / "docs" / "how-to" / "build-a-workflow-in-python.md"
SKILLS = "def fetch_order(data): ...\ndef refund(data): ...\n"


def test_the_blocks_on_the_page_run_in_order_and_leave_a_spec_that_runs(tmp_path: Path) -> None:
    blocks = [block.body for block in read_page(PAGE).blocks if block.language == "python"]
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "orders.py").write_text(SKILLS, encoding="utf-8")
    (tmp_path / "page.py").write_text("\n".join(blocks), encoding="utf-8")
    run(tmp_path, "page.py")
    run(tmp_path, "-m", "app", "run", "review.flow.yaml", "--input", '"Why?"')


def test_a_review_and_validate_workflow_takes_ten_lines_at_most() -> None:
    first = next(block for block in read_page(PAGE).blocks if block.language == "python")
    assert sum(bool(line.strip()) for line in first.body.splitlines()) <= 10


def run(folder: Path, *arguments: str) -> None:
    environ = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guard_can_be_used_by_itself_as_the_reference_says(tmp_path: Path) -> None:
    page = read_page(ROOT / "docs" / "reference" / "python-api.md")
    (block,) = [block.body for block in page.blocks if "prompt_guard" in block.body]
    (tmp_path / "page.py").write_text(block, encoding="utf-8")
    run(tmp_path, "page.py")
