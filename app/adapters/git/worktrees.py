"""Finds the work tree in which a branch is checked out, and what somebody is doing there."""

from dataclasses import dataclass
from pathlib import Path

from app.adapters.git.command import Git
from app.errors import BusyRepositoryError, DirtyRepositoryError

_HEADS = "refs/heads/"
_REBASES = ("rebase-merge", "rebase-apply")


@dataclass(frozen=True, slots=True)
class Worktree:
    """A work tree of the repository; `branch` is empty when its HEAD is detached."""

    folder: Path
    branch: str
    is_locked: bool

    @property
    def is_present(self) -> bool:
        """Whether its folder is there; it may be deleted, or on a disk that isn't mounted."""
        return self.folder.is_dir()


def list_worktrees(git: Git) -> tuple[Worktree, ...]:
    """Return all work trees of the repository, the main one first."""
    output = git.run("worktree", "list", "--porcelain", "-z").decode(errors="surrogateescape")
    return tuple(_parse(record) for record in output.split("\0\0") if record.strip("\0"))


def find_worktree(git: Git, branch: str) -> Path | None:
    """Return the folder in which `branch` is checked out.

    Raises `BusyRepositoryError` when a rebase or bisection of it is under way, or when it is checked out more than once
    or somewhere that can't be reached.
    """
    worktrees = list_worktrees(git)
    for worktree in worktrees:
        if worktree.is_present and not worktree.branch:
            _check_not_borrowed(git.at(worktree.folder), branch)
    holders = [tree for tree in worktrees if tree.branch == branch]
    absent = [tree for tree in holders if tree.is_locked and not tree.is_present]
    if absent:
        raise BusyRepositoryError(
            f"{branch!r} is checked out in {absent[0].folder}, out of reach now"
        )
    present = [tree.folder for tree in holders if tree.is_present]
    if len(present) > 1:
        raise BusyRepositoryError(
            f"{branch!r} is checked out twice, in {present[0]} and {present[1]}"
        )
    return present[0] if present else None


def check_clean(git: Git, path: str) -> None:
    """Raise `DirtyRepositoryError` if tracked files of this work tree have changes, or hide them.

    Untracked files are fine.
    """
    check_unchanged(git)
    flag = git.run("ls-files", "-v", "-z", "--", path)[:1].decode()
    if flag == "S" or flag.islower():
        raise BusyRepositoryError(
            f"changes of {path!r} are hidden from git in {git.folder}; run"
            f" `git update-index --no-assume-unchanged --no-skip-worktree {path}` there"
        )


def check_unchanged(git: Git) -> None:
    """Raise `DirtyRepositoryError` if tracked files of this work tree have changes."""
    changed = _list_changes(git)
    if changed:
        raise DirtyRepositoryError(git.folder, changed)


def find_lock(git: Git) -> Path | None:
    """Return the index's lock file if another git command holds it, or died holding it."""
    lock = Path(git.line("rev-parse", "--path-format=absolute", "--git-path", "index.lock"))
    return lock if lock.exists() else None


def _parse(record: str) -> Worktree:
    facts = dict(_split(line) for line in record.strip("\0").split("\0"))
    branch = facts.get("branch", "").removeprefix(_HEADS)
    return Worktree(Path(facts["worktree"]), branch, "locked" in facts)


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(" ")
    return name, value


def _list_changes(git: Git) -> list[str]:
    status = git.run(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no",
        "--ignore-submodules=dirty",
    )  # fmt: skip
    return [line[3:].decode(errors="replace") for line in status.split(b"\0") if line]


def _check_not_borrowed(git: Git, branch: str) -> None:
    """A rebase or bisection detaches HEAD and comes back to the branch later, expecting it unmoved."""
    folder = Path(git.line("rev-parse", "--absolute-git-dir"))
    for rebase in _REBASES:
        if _read(folder / rebase / "head-name") == _HEADS + branch:
            raise BusyRepositoryError(
                f"{branch!r} is being rebased in {git.folder};"
                " run `git rebase --continue` or `git rebase --abort` there"
            )
    if _read(folder / "BISECT_START") == branch:
        raise BusyRepositoryError(
            f"{branch!r} is being bisected in {git.folder}; run `git bisect reset` there"
        )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
