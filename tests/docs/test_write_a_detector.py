"""The page about detectors works as written: its code goes into a copy of the packages, and its test runs there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, read_page

PAGE = ROOT / "docs" / "how-to" / "write-a-detector.md"
BLOCKS = [block for block in read_page(PAGE).blocks if block.language == "python"]
TEST = "tests/meta_agent/test_crowded_retries.py"
COPIED = ("tests/meta_agent/builders.py", "tests/meta_agent/test_detectors.py", "pyproject.toml")
LINKED = ("policy_dsl", "prompt_guard", "telemetry", "workflow")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detector")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "meta_agent", folder / "meta_agent", ignore=ignored)
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for block in BLOCKS:
        follow(block, folder)
    return folder


def follow(block: Block, folder: Path) -> None:
    """Write a file, or insert lines below the one line that holds the mark (`·` stands for a space)."""
    if "file" in block.marks:
        (folder / block.marks["file"]).write_text(block.body, encoding="utf-8")
        return
    target = folder / block.marks["into"]
    lines = target.read_text(encoding="utf-8").splitlines(keepends=True)
    mark = block.marks["below"].replace("·", " ")
    [place] = [number for number, line in enumerate(lines) if mark in line]
    lines.insert(place + 1, block.body)
    target.write_text("".join(lines), encoding="utf-8")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environ, capture_output=True, text=True
    )


def test_the_pages_own_test_passes(copy: Path) -> None:
    done = run(copy, "pytest", "-p", "no:cacheprovider", TEST)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_other_detectors_go_on_working(copy: Path) -> None:
    done = run(copy, "pytest", "-p", "no:cacheprovider", "tests/meta_agent/test_detectors.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_code_on_the_page_reads_like_ours(copy: Path) -> None:
    written = [block.marks["file"] for block in BLOCKS if "file" in block.marks]
    for command in (("check", "--no-cache"), ("format", "--no-cache", "--check")):
        done = run(copy, "ruff", *command, *written)
        assert done.returncode == 0, done.stdout + done.stderr
