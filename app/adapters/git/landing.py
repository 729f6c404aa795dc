"""Moves a branch to a prepared commit by compare-and-swap, and finishes landings that were cut off.

Where the branch is checked out, git itself fast-forwards the work tree; elsewhere only the ref moves. Uncommitted work
is never touched: a work tree with changes to tracked files is refused.
"""

from app.adapters.git.command import Finished, Git
from app.adapters.git.repository import contains_commit, find_head, has_commit
from app.adapters.git.worktrees import check_clean, find_lock, find_worktree
from app.errors import BusyRepositoryError, DirtyRepositoryError, GitError, LostRaceError
from app.ports import CommitRef


def land_commit(git: Git, branch: str, commit: CommitRef) -> None:
    """Do what `CodeHost.land` describes."""
    _check_at_parent(git, branch, commit)
    worktree = find_worktree(git, branch)
    if worktree is None:
        _move_ref(git, branch, commit)
    else:
        _fast_forward(git.at(worktree), branch, commit)


def settle_landing(git: Git, branch: str, commit: CommitRef) -> bool:
    """Do what `CodeHost.settle` describes.

    A fast-forward writes the file, then the index, then the ref. When it died in between, and file and index hold our
    bytes and nothing else, moving the ref completes it; in every other case the work tree is left as it is.
    """
    head = find_head(git, branch)
    if head is None or not has_commit(git, commit.commit):
        return False
    if contains_commit(git, head, commit.commit):
        return True
    worktree = find_worktree(git, branch)
    if head != commit.parent or worktree is None or not _holds(git.at(worktree), commit):
        return False
    _move_ref(git, branch, commit)
    return True


def _check_at_parent(git: Git, branch: str, commit: CommitRef) -> None:
    head = find_head(git, branch)
    if head != commit.parent:
        raise LostRaceError(branch, expected=commit.parent, actual=head or "")


def _move_ref(git: Git, branch: str, commit: CommitRef) -> None:
    moved = git.attempt(
        "update-ref", "-m", f"flujo: {commit.path}", f"refs/heads/{branch}", commit.commit, commit.parent
    )  # fmt: skip
    if moved.code != 0:
        _check_at_parent(git, branch, commit)
        raise GitError("update-ref", moved.complaint)


def _fast_forward(git: Git, branch: str, commit: CommitRef) -> None:
    _check_unlocked(git)
    check_clean(git, commit.path)
    if commit.blob_before is None and (git.folder / commit.path).exists():
        raise DirtyRepositoryError(git.folder, [commit.path])
    if git.attempt("symbolic-ref", "HEAD").output.decode().strip() != f"refs/heads/{branch}":
        raise BusyRepositoryError(f"somebody is switching branches in {git.folder}; try again")
    merged = git.attempt(
        "merge", "--ff-only", "--no-squash", "--no-autostash", "--no-stat", "--quiet", commit.commit
    )  # fmt: skip
    if merged.code != 0:
        _explain_refusal(git, branch, commit, merged)
    if not _shows(git, commit):
        raise GitError(
            "merge", f"{commit.path} in {git.folder} isn't what {branch!r} holds; see `git status`"
        )


def _explain_refusal(git: Git, branch: str, commit: CommitRef, merged: Finished) -> None:
    _check_at_parent(git, branch, commit)
    _check_unlocked(git)
    raise GitError("merge --ff-only", merged.complaint)


def _check_unlocked(git: Git) -> None:
    lock = find_lock(git)
    if lock is not None:
        raise BusyRepositoryError(
            f"another git command is at work in {git.folder}; if none is, remove {lock}"
        )


def _shows(git: Git, commit: CommitRef) -> bool:
    """Whether the file in the work tree is the commit's, line endings converted as git is told to."""
    expected = git.run("cat-file", "--filters", f"{commit.commit}:{commit.path}")
    try:
        return (git.folder / commit.path).read_bytes() == expected
    except OSError:
        return False


def _holds(git: Git, commit: CommitRef) -> bool:
    """Whether the file is as the commit wants it, and nothing else is staged; then the index follows the file."""
    if not _shows(git, commit):
        return False
    staged = git.run("diff-index", "--cached", "--name-only", "-z", commit.parent)
    if staged not in (b"", commit.path.encode() + b"\0"):
        return False
    _check_unlocked(git)
    git.run("update-index", "--add", "--", commit.path)
    return git.line("write-tree") == git.line("rev-parse", f"{commit.commit}^{{tree}}")
