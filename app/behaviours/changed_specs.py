"""What a pull request changes of interest: its specs and the settings, as they were at the base and are at its head.

Everything is read as blobs: nothing of a pull request is checked out, imported or run, and a fork's needs no secret.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from app.behaviours.workplace import Workplace
from app.errors import BadInputError, GitHubNotFoundError, PathError, UnusableRepositoryError
from app.forge import ChangedFile, Comparison, FileStatus, PullRequest
from app.settings import SETTINGS_PATH
from app.use_cases.review_change import ReadVersion
from workflow import SpecError, parse_workflow

MOST_SPECS: Final = 25
"""Specs of one pull request that are looked at; each takes two requests."""

MOST_BYTES: Final = 1_000_000
"""Bytes of a spec that is looked at."""

MOST_BYTES_IN_ALL: Final = 2_000_000
"""Bytes of both versions of all specs after which no more are looked at: anybody may open a pull request."""


@dataclass(frozen=True, slots=True)
class ChangedSpec:
    """A spec that differs, in both versions; `previous_path` when it was called otherwise, `size` in bytes."""

    path: str
    before: ReadVersion
    after: ReadVersion
    previous_path: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class PullRequestChange:
    """What differs between where a pull request began and its head; `files` are those that are specs."""

    merge_base: str
    head: str
    files: tuple[ChangedFile, ...]
    settings: ChangedFile | None
    is_complete: bool

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing that concerns us."""
        return not self.files and self.settings is None


def find_changes(place: Workplace, pull: PullRequest) -> PullRequestChange:
    """Find out what a pull request changes, by the globs of the settings in force."""
    base = pull.base_commit
    if place.default and pull.base_branch == place.default.name:
        base = place.default.commit
    compared = place.forge.compare(base, pull.head_commit)
    files = _list_files(place, pull, compared)
    specs = tuple(file for file in files if _is_spec(place, file))
    settings = next((file for file in files if file.path == SETTINGS_PATH), None)
    is_complete = compared.is_complete or len(files) < 3_000
    return PullRequestChange(compared.merge_base, pull.head_commit, specs, settings, is_complete)


def read_specs(place: Workplace, change: PullRequestChange) -> tuple[ChangedSpec, ...]:
    """Read specs in both versions, up to `MOST_SPECS` of them and `MOST_BYTES_IN_ALL`."""
    found: list[ChangedSpec] = []
    for file in change.files[:MOST_SPECS]:
        if sum(each.size for each in found) > MOST_BYTES_IN_ALL:
            break
        found.append(_read_spec(place, change, file))
    return tuple(found)


def _list_files(
    place: Workplace, pull: PullRequest, compared: Comparison
) -> tuple[ChangedFile, ...]:
    """Return all files; a comparison tells of 300, the pull request itself of 3,000."""
    if compared.is_complete or len(compared.files) < 300:
        return compared.files
    return place.forge.pull_requests.list_files(pull.number)


def _is_spec(place: Workplace, file: ChangedFile) -> bool:
    paths = tuple(path for path in (file.path, file.previous_path) if path)
    return bool(place.settings.select_specs(paths))


def _read_spec(place: Workplace, change: PullRequestChange, file: ChangedFile) -> ChangedSpec:
    moved = file.status is FileStatus.RENAMED
    old_path = file.previous_path if moved and file.previous_path else file.path
    old: bytes | str | None = None
    if file.status not in {FileStatus.ADDED, FileStatus.COPIED}:
        old = _load(lambda: place.code.read_file(change.merge_base, old_path))
    new: bytes | str | None = None
    if file.status is not FileStatus.REMOVED:
        new = _load(lambda: place.code.read_blob(file.blob))
    return ChangedSpec(
        file.path,
        _parse(place, change.merge_base, old_path, old),
        _parse(place, change.head, file.path, new),
        old_path if moved else "",
        sum(len(each) for each in (old, new) if isinstance(each, bytes)),
    )


def _load(read: Callable[[], bytes | None]) -> bytes | str | None:
    """Return a file's content, or why it isn't looked at."""
    try:
        content = read()
    except (BadInputError, UnusableRepositoryError, GitHubNotFoundError) as error:
        return f"can't be read: {error}"
    if content is not None and len(content) > MOST_BYTES:
        return f"is larger than {MOST_BYTES:,} bytes, which is more than is looked at here"
    return content


def _parse(place: Workplace, commit: str, path: str, content: bytes | str | None) -> ReadVersion:
    if content is None or isinstance(content, str):
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return f"isn't UTF-8 text (byte {error.start})"
    allow = place.settings.skills.allow
    try:
        return parse_workflow(text, path=path, read=_reader(place, commit, path), allow=allow)
    except SpecError as error:
        return error


def _reader(place: Workplace, commit: str, path: str) -> Callable[[str], str]:
    """Return what reads the files beside a spec in the same commit."""
    folder = PurePosixPath(path).parent

    def read(relative: str) -> str:
        try:
            content = place.code.read_file(commit, str(folder / relative))
        except PathError as error:
            raise OSError(str(error)) from error
        if content is None:
            raise FileNotFoundError(f"no {relative!r} beside the spec in {commit[:12]}")
        return content.decode()

    return read
