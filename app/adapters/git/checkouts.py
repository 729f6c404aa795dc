"""Temporary work trees: made for one commit, always removed, and cleared away later if their owner died."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.git.command import Git
from app.adapters.git.objects import check_id
from app.adapters.git.worktrees import list_worktrees

_PREFIX = "flujo-checkout-"
_TREE = "tree"
_LOCK = "lock"


@contextmanager
def open_checkout(git: Git, commit: str) -> Iterator[Path]:
    """Give the commit's files in a folder of their own; changes made there are thrown away."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX)).resolve()
    with (home / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # held as long as we live: tells `clear_checkouts` so
        try:
            git.run("worktree", "add", "--detach", "--quiet", str(home / _TREE), check_id(commit))
            yield home / _TREE
        finally:
            _remove(git, home)


def clear_checkouts(git: Git) -> int:
    """Remove the checkouts of processes that died; return how many."""
    homes = [
        tree.folder.parent
        for tree in list_worktrees(git)
        if tree.folder.name == _TREE and tree.folder.parent.name.startswith(_PREFIX)
    ]
    stale = [home for home in homes if not _is_alive(home)]
    for home in stale:
        _remove(git, home)
    return len(stale)


def _is_alive(home: Path) -> bool:
    try:
        with (home / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _remove(git: Git, home: Path) -> None:
    # Not `git worktree prune`: that would forget other people's work trees on disks not mounted now.
    git.attempt("worktree", "remove", "--force", "--force", str(home / _TREE))
    shutil.rmtree(home, ignore_errors=True)
