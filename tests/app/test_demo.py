"""The whole loop in small, with git as the witness of what it says it did."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.app.scratch_git import ENVIRON

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Played:
    """A demo that was played, and the repository it left."""

    folder: Path
    answer: dict[str, Any]
    told: str

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=ENVIRON, capture_output=True, check=True
        )
        return done.stdout.decode().strip()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "repository"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "app", "demo", "--runs", "80"),
            *("--format", "json", "--directory", str(folder)),
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},  # nobody's git identity
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Played(folder, json.loads(done.stdout), done.stderr)


def test_it_proposes_applies_takes_back_and_measures(played: Played) -> None:
    answer = played.answer
    assert answer["simulated"] is True
    assert answer["proposals"] >= 3
    assert answer["applied"]
    assert answer["reverted"]
    assert answer["ledger"]


def test_what_was_applied_is_in_the_history(played: Played) -> None:
    for applied in played.answer["applied"]:
        commit, path = applied["commit"], applied["path"]
        assert played.git("rev-parse", f"{commit}:{path}") == applied["blob_after"]
        assert played.git("rev-parse", f"{commit}~:{path}") == applied["blob_before"]
        assert applied["blob_before"] != applied["blob_after"]
        assert played.git("merge-base", "--is-ancestor", commit, "main") == ""


def test_what_was_taken_back_is_back_byte_for_byte(played: Played) -> None:
    for reverted in played.answer["reverted"]:
        commit, path = reverted["commit"], reverted["path"]
        assert played.git("rev-parse", f"{commit}:{path}") == reverted["blob"]
        assert played.git("rev-parse", f"{commit}~2:{path}") == reverted["blob"]
        assert played.git("rev-parse", f"{commit}~1:{path}") != reverted["blob"]


def test_the_first_patch_is_kept(played: Played) -> None:
    kept = played.answer["applied"][0]["commit"]
    assert f"Flujo-Reverts: {kept}" not in played.git("log", "--format=%B", "main")


def test_every_prediction_is_an_interval_beside_what_came(played: Played) -> None:
    for line in played.answer["ledger"]:
        predicted = line["predicted"]
        assert predicted["low"] <= predicted["mid"] <= predicted["high"]
        assert isinstance(line["realised"], float)


def test_each_effect_is_offered_on_one_branch(played: Played) -> None:
    branches = played.git("branch", "--list", "flujo/*", "--format=%(refname)").splitlines()
    subjects = [played.git("log", "-1", "--format=%s", branch) for branch in branches]
    assert len(subjects) == len(set(subjects))


def test_the_work_tree_is_clean_and_nothing_is_left_behind(played: Played) -> None:
    assert played.git("status", "--porcelain") == ""
    assert len(played.git("worktree", "list").splitlines()) == 1


def test_figures_are_called_simulated(played: Played) -> None:
    assert "(simulated)" in played.told
