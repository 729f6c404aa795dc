"""Branches over the API, moved by compare-and-swap. See https://docs.github.com/en/rest/git/refs.

GitHub itself refuses to move a branch to a commit that doesn't follow from where it is. What REST can't do is compare
by force; so force is only used on our own branches, after reading where they are, and nobody else works on those.
"""

import re

from pydantic import BaseModel

from app.errors import (
    BadInputError,
    GitHubConflictError,
    GitHubNotFoundError,
    GitHubRefusedError,
    LostRaceError,
)
from app.github.api import RepositoryApi, in_path, parse
from app.github.entries import check_id
from app.github.permissions import WRITE_CONTENTS
from app.ports import Branch

OWN_PREFIX = "flujo/"
_BAD_NAME = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.$|\.lock(?:/|$)|(?:^|/)\.|/$|^/")
_MAX_NAME = 200


def find_branch(api: RepositoryApi, name: str) -> Branch | None:
    """Return a branch as it is now."""
    if not _is_name(name):
        return None
    try:
        found = parse(_WireRef, api.read(f"/git/ref/heads/{in_path(name)}"), "a branch")
    except GitHubNotFoundError:
        return None
    return Branch(name, found.object.sha)


def create_branch(api: RepositoryApi, name: str, at: str) -> Branch:
    """Create a branch; one at the same commit will do. Raises `LostRaceError` for one elsewhere."""
    if not _is_name(name):
        raise BadInputError(f"{name!r} can't be the name of a branch")
    body = {"ref": f"refs/heads/{name}", "sha": check_id(at)}
    try:
        api.write("POST", "/git/refs", {**body}, scope=WRITE_CONTENTS)
    except GitHubRefusedError:
        found = find_branch(api, name)
        if found is None:
            raise
        if found.commit != at:
            raise LostRaceError(name, expected=at, actual=found.commit) from None
    return Branch(name, at)


def advance_branch(api: RepositoryApi, name: str, *, expected: str, to: str) -> None:
    """Move a branch forward from `expected` to a commit that follows from it, or raise `LostRaceError`."""
    _check_at(api, name, expected)
    _move(api, name, expected, to, force=False)


def force_branch(api: RepositoryApi, name: str, *, expected: str, to: str) -> None:
    """Do what `Forge.move_branch` describes."""
    found = find_branch(api, check_own(name))
    if found is not None and found.commit == to:
        return
    _check_at(api, name, expected)
    _move(api, name, expected, to, force=True)


def delete_branch(api: RepositoryApi, name: str, *, expected: str) -> None:
    """Do what `Forge.delete_branch` describes."""
    if find_branch(api, check_own(name)) is None:
        return
    _check_at(api, name, expected)
    try:
        api.write("DELETE", f"/git/refs/heads/{in_path(name)}", scope=WRITE_CONTENTS)
    except (GitHubNotFoundError, GitHubRefusedError):
        if find_branch(api, name) is not None:
            raise


def check_own(name: str) -> str:
    """Return the name of a branch that is ours to force; raises `BadInputError` for any other."""
    if not name.startswith(OWN_PREFIX) or not _is_name(name):
        raise BadInputError(
            f"{name!r} isn't one of Flujo's own branches, which begin with {OWN_PREFIX!r}"
        )
    return name


def _is_name(name: str) -> bool:
    return bool(name) and len(name) <= _MAX_NAME and not _BAD_NAME.search(name) and name[0] != "-"


def _check_at(api: RepositoryApi, name: str, expected: str) -> None:
    found = find_branch(api, name)
    if found is None or found.commit != expected:
        raise LostRaceError(name, expected=expected, actual=found.commit if found else "")


def _move(api: RepositoryApi, name: str, expected: str, to: str, *, force: bool) -> None:
    path = f"/git/refs/heads/{in_path(name)}"
    try:
        api.write("PATCH", path, {"sha": check_id(to), "force": force}, scope=WRITE_CONTENTS)
    except (GitHubConflictError, GitHubNotFoundError, GitHubRefusedError):
        _check_at(api, name, expected)
        raise


class _WireObject(BaseModel):
    sha: str


class _WireRef(BaseModel):
    object: _WireObject
