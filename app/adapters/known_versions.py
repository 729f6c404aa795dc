"""Which versions of a spec any local branch holds, now or earlier: telemetry of all others is drift."""

import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from app.adapters.git.repository import open_git
from app.adapters.local_git import LocalGitRepository
from app.adapters.spec_files import open_spec, path_in_repository
from app.errors import AppError, UnusableRepositoryError
from app.use_cases.read_spec import read_spec
from workflow import WorkflowError

_MAX_COMMITS = 200
"""How far back a spec's history is read; a step of it costs some milliseconds."""


def find_known_versions(
    folder: Path, spec_path: str, wanted: Iterable[str]
) -> frozenset[str] | None:
    """Return which of the `wanted` hashes are versions of a spec; None when there is no such spec around `folder`."""
    if not spec_path or PurePosixPath(spec_path).is_absolute() or ".." in spec_path.split("/"):
        return None
    missing = set(wanted)
    known = _in_work_tree(folder, spec_path)
    missing -= known
    is_known_path = bool(known)
    if missing:
        try:
            host = LocalGitRepository(folder)
        except UnusableRepositoryError:
            return frozenset(known) if is_known_path else None
        for commit in _commits(folder, spec_path):
            is_known_path = True
            known |= _in_commit(host, commit, spec_path)
            if missing <= known:
                break
    return frozenset(known) if is_known_path else None


def _in_work_tree(folder: Path, spec_path: str) -> set[str]:
    for place in (folder, *folder.resolve().parents):
        path = place / spec_path
        if path.is_file() and path_in_repository(path) == spec_path:
            try:
                return {open_spec(path).spec_sha256}
            except (AppError, WorkflowError):
                return set()
    return set()


def _commits(folder: Path, spec_path: str) -> list[str]:
    """Return commits of local branches since the spec first appeared that may have changed its hash, newest first."""
    git = open_git(folder, os.environ)
    of_spec = ("log", "--branches", "--format=%H", f"-n{_MAX_COMMITS}", "--")
    if not git.run(*of_spec, spec_path).strip():
        return []
    # Prompts lie beside the spec and are part of its hash, so the whole folder's history counts.
    return git.run(*of_spec, PurePosixPath(spec_path).parent.as_posix()).decode().split()


def _in_commit(host: LocalGitRepository, commit: str, spec_path: str) -> set[str]:
    try:
        return {read_spec(host, commit, spec_path).spec_sha256}
    except (AppError, WorkflowError):
        return set()
