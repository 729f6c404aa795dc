"""What a repository tells of a spec's versions."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.spec_history import read_history
from meta_agent import NO_HISTORY
from telemetry import Run
from tests.app.scratch_git import ScratchRepository, make_repository
from tests.meta_agent.builders import make_runs, make_workflow
from workflow import Workflow, parse_workflow

PATH = "flows/triage.flow.yaml"


def _version(backoff_s: int) -> Workflow:
    text = make_workflow(lookup_config=f"{{backoff_s: {backoff_s}}}").text
    return parse_workflow(text, path=PATH)


FIRST, SECOND, THIRD, STRANGER = (_version(number) for number in range(1, 5))


def _run(workflow: Workflow) -> Run:
    [run] = make_runs(workflow, 1)
    return run


@pytest.fixture
def repository(tmp_path: Path) -> ScratchRepository:
    made = make_repository(tmp_path / "repo", {PATH: FIRST.text.encode()})
    made.commit({PATH: SECOND.text.encode()}, "Second")
    made.commit({"README.md": b"words"}, "Words")
    made.commit({PATH: THIRD.text.encode()}, "Third")
    return made


def test_the_version_before_and_all_that_ran_are_known(repository: ScratchRepository) -> None:
    runs = [_run(version) for version in (FIRST, SECOND, THIRD)]
    history = read_history(repository.folder, THIRD, runs)
    assert history.known == frozenset(one.spec_sha256 for one in (FIRST, SECOND, THIRD))
    assert history.previous is not None
    assert history.previous.spec_sha256 == SECOND.spec_sha256
    assert history.runs == tuple(runs)


def test_a_version_that_was_never_committed_isnt_known(repository: ScratchRepository) -> None:
    history = read_history(repository.folder, THIRD, [_run(STRANGER)])
    assert history.known is not None
    assert STRANGER.spec_sha256 not in history.known
    assert THIRD.spec_sha256 in history.known


def test_a_version_on_another_branch_isnt_known(repository: ScratchRepository) -> None:
    repository.git("checkout", "--quiet", "-b", "aside")
    repository.commit({PATH: STRANGER.text.encode()}, "Aside")
    repository.git("checkout", "--quiet", "main")
    history = read_history(repository.folder, THIRD, [_run(STRANGER)])
    assert history.known is not None
    assert STRANGER.spec_sha256 not in history.known


def test_what_isnt_committed_yet_comes_after_the_newest(repository: ScratchRepository) -> None:
    history = read_history(repository.folder, STRANGER, [_run(THIRD)])
    assert history.previous is not None
    assert history.previous.spec_sha256 == THIRD.spec_sha256


def test_a_commit_that_cant_be_read_is_passed_over(repository: ScratchRepository) -> None:
    repository.commit({PATH: b"steps: ["}, "Broken")
    history = read_history(repository.folder, STRANGER, [_run(THIRD)])
    assert history.previous is not None
    assert history.previous.spec_sha256 == THIRD.spec_sha256


def test_where_no_other_version_ran_nothing_is_read(tmp_path: Path) -> None:
    elsewhere = replace(_run(FIRST), spec_path="other.flow.yaml")
    assert read_history(tmp_path / "nowhere", THIRD, [_run(THIRD), elsewhere]) is NO_HISTORY


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert read_history(tmp_path, THIRD, [_run(FIRST)]) is NO_HISTORY
