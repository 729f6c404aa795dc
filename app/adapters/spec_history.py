"""The past of a spec in its repository: which versions the default branch held, and which came before this one."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from app.adapters.git.repository import open_git
from app.adapters.local_git import LocalGitRepository
from app.errors import AppError, GitError, UnusableRepositoryError
from app.use_cases.read_spec import read_spec
from meta_agent import NO_HISTORY, History
from telemetry import Run
from workflow import Workflow, WorkflowError

_MAX_COMMITS = 200
"""How far back the default branch is read; a commit costs some milliseconds."""


def read_history(folder: Path, workflow: Workflow, runs: Sequence[Run]) -> History:
    """Read what the default branch of the repository around `folder` knows of a spec, if other versions of it ran.

    As far back as those versions demand. Beyond 200 commits versions are neither known nor unknown; outside of a
    repository nothing is known.
    """
    mine = tuple(run for run in runs if run.spec_path == workflow.path)
    wanted = {run.spec_sha256 for run in mine} - {workflow.spec_sha256}
    if not wanted:
        return NO_HISTORY
    try:
        host = LocalGitRepository(folder)
        commits = _list_commits(folder, host.default_branch().commit, workflow.path)
    except (GitError, UnusableRepositoryError):
        return NO_HISTORY
    if not commits:
        return NO_HISTORY
    known, previous = _look_back(_read_versions(host, commits, workflow.path), workflow, wanted)
    is_whole = len(commits) < _MAX_COMMITS or wanted <= known
    return History(frozenset(known) if is_whole else None, previous, mine)


def _look_back(
    versions: Iterable[Workflow], workflow: Workflow, wanted: set[str]
) -> tuple[set[str], Workflow | None]:
    """Return the versions up to the last one that is wanted, and the one before the workflow.

    A workflow that isn't committed comes after all of them.
    """
    known: set[str] = set()
    others: list[Workflow] = []
    previous: Workflow | None = None
    for version in versions:
        known.add(version.spec_sha256)
        if version.spec_sha256 != workflow.spec_sha256:
            others.append(version)
            if previous is None and workflow.spec_sha256 in known:
                previous = version
        if previous is not None and wanted <= known:
            break
    if workflow.spec_sha256 not in known and others:
        previous = others[0]
    return known, previous


def _list_commits(folder: Path, head: str, spec_path: str) -> list[str]:
    """Return the commits that may have changed the spec's hash, newest first."""
    git = open_git(folder, os.environ)
    # Prompts lie beside the spec and are part of its hash, so the whole folder's history counts.
    beside = PurePosixPath(spec_path).parent.as_posix()
    return git.run("log", "--format=%H", f"-n{_MAX_COMMITS}", head, "--", beside).decode().split()


def _read_versions(
    host: LocalGitRepository, commits: Iterable[str], spec_path: str
) -> Iterator[Workflow]:
    """Yield the versions that can be read, newest first."""
    for commit in commits:
        try:
            yield read_spec(host, commit, spec_path)
        except (AppError, WorkflowError):
            continue
