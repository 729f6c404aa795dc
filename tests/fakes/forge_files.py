"""What differs between two commits of the code host in memory, and what merging them gives."""

from collections.abc import Mapping

from app.forge import ChangedFile, FileStatus
from tests.fakes.code_host import FakeCodeHost


def list_changes(code: FakeCodeHost, base: str, head: str) -> tuple[ChangedFile, ...]:
    """Return the files that differ, by path; a renamed file counts as one removed and one added."""
    before, after = code.commits[base].files, code.commits[head].files
    changed = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    return tuple(_describe(code, path, before, after) for path in changed)


def merge_files(
    base: Mapping[str, bytes], ours: Mapping[str, bytes], theirs: Mapping[str, bytes]
) -> dict[str, bytes] | None:
    """Return what a three-way merge of whole files gives, or None when they conflict."""
    merged = dict(ours)
    for path in base.keys() | theirs.keys():
        if theirs.get(path) == base.get(path) or theirs.get(path) == ours.get(path):
            continue
        if ours.get(path) != base.get(path):
            return None
        merged.pop(path, None)
        if path in theirs:
            merged[path] = theirs[path]
    return merged


def _describe(
    code: FakeCodeHost, path: str, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> ChangedFile:
    if path not in after:
        return ChangedFile(path, FileStatus.REMOVED, code.hash_blob(before[path]))
    status = FileStatus.MODIFIED if path in before else FileStatus.ADDED
    return ChangedFile(path, status, code.hash_blob(after[path]))
