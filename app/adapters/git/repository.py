"""Opens a repository: where it is, and which branch accepted changes go to."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from app.adapters.git.command import Git
from app.errors import GitError, UnusableRepositoryError
from app.ports import Branch


def open_git(path: Path, environ: Mapping[str, str]) -> Git:
    """Return git at the top of the work tree that holds `path`; raises `UnusableRepositoryError`."""
    git = Git(path if path.is_dir() else path.parent, environ)
    found = git.attempt("rev-parse", "--is-bare-repository", "--is-inside-work-tree")
    if found.code != 0:
        raise UnusableRepositoryError(_explain(path, found.complaint))
    match found.output.split():
        case [b"true", *_]:
            raise UnusableRepositoryError(f"{path} is a bare repository; use a clone with files")
        case [_, b"false"]:
            raise UnusableRepositoryError(f"{path} is inside .git; use the repository's folder")
    return git.at(Path(git.line("rev-parse", "--show-toplevel")))


def find_common_dir(git: Git) -> Path:
    """Return the `.git` folder that all work trees of the repository share."""
    return Path(git.line("rev-parse", "--path-format=absolute", "--git-common-dir"))


def find_default_branch(git: Git) -> Branch:
    """Return origin's default branch, else git's own, else `main`, `master`, else the current one."""
    for name in _candidates(git):
        commit = find_head(git, name)
        if commit is not None:
            return Branch(name, commit)
    raise UnusableRepositoryError(_explain_no_branch(git))


def find_head(git: Git, branch: str) -> str | None:
    """Return the commit a local branch points to."""
    found = git.attempt("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
    return found.output.decode().strip() if found.code == 0 else None


def has_commit(git: Git, commit: str) -> bool:
    """Whether git has that commit; one that never landed is thrown away after some weeks."""
    return git.attempt("cat-file", "-e", f"{commit}^{{commit}}").code == 0


def contains_commit(git: Git, head: str, commit: str) -> bool:
    """Whether `commit` is `head` or an ancestor of it."""
    found = git.attempt("merge-base", "--is-ancestor", commit, head)
    if found.code not in (0, 1):
        raise GitError("merge-base", found.complaint)
    return found.code == 0


def _candidates(git: Git) -> Iterator[str]:
    remote = git.attempt("symbolic-ref", "--quiet", "refs/remotes/origin/HEAD")
    if remote.code == 0:
        yield remote.output.decode().strip().removeprefix("refs/remotes/origin/")
    configured = git.attempt("config", "--get", "init.defaultBranch")
    if configured.code == 0:
        yield configured.output.decode().strip()
    yield from ("main", "master")
    current = _current_branch(git)
    if current:
        yield current


def _current_branch(git: Git) -> str:
    found = git.attempt("symbolic-ref", "--quiet", "--short", "HEAD")
    return found.output.decode().strip() if found.code == 0 else ""


def _explain(path: Path, complaint: str) -> str:
    if "not a git repository" in complaint:
        return f"{path} isn't in a git repository; run `git init`, or go to one"
    return f"{path} can't be used: {complaint}"


def _explain_no_branch(git: Git) -> str:
    if _current_branch(git):
        return f"{git.folder} has no commits yet; commit the spec first"
    return f"{git.folder} has a detached HEAD and no main branch; run `git switch <branch>`"
