"""What lies between two commits: files and commits, with who made them."""

from dataclasses import dataclass
from enum import StrEnum

from app.forge.people import Account


class FileStatus(StrEnum):
    """What happened to a file."""

    ADDED = "added"
    REMOVED = "removed"
    MODIFIED = "modified"
    RENAMED = "renamed"
    COPIED = "copied"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that differs; `previous_path` is set when it was renamed, `blob` is the id of its content after."""

    path: str
    status: FileStatus
    blob: str
    previous_path: str = ""


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """A commit; author and committer are None when GitHub knows no account for the address."""

    commit: str
    message: str
    author: Account | None
    committer: Account | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `head` has that `base` doesn't, since they parted at `merge_base`.

    Commits come oldest first. `is_complete` is False when there were more files or commits than GitHub tells of (300
    and 250); then nothing may be concluded from what is missing.
    """

    merge_base: str
    ahead_by: int
    behind_by: int
    files: tuple[ChangedFile, ...]
    commits: tuple[CommitFacts, ...]
    is_complete: bool
