"""Runs git: argument lists, no shell, no hooks, no prompts, no surprises from the caller's environment."""

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.errors import GitError

_GRACE_S = 10.0
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
    "submodule.recurse=false",
    "user.useConfigOnly=true",  # an author guessed from the host name is no author
    "i18n.commitEncoding=UTF-8",
)
_FIXED_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_EDITOR": ":",
}
_KEPT_PREFIXES = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG", "GIT_CEILING_", "GIT_EXEC_PATH")


@dataclass(frozen=True, slots=True)
class Finished:
    """A git command that has ended."""

    code: int
    output: bytes
    complaint: str


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder; `environ` is the environment to start from."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    timeout_s: float = 120.0

    def run(
        self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the output; raises `GitError` unless git exits with 0."""
        finished = self.attempt(*arguments, stdin=stdin, extra=extra)
        if finished.code != 0:
            raise GitError(arguments[0], finished.complaint or f"exit code {finished.code}")
        return finished.output

    def line(
        self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> str:
        """Return the output as one line of text; raises `GitError` as `run` does."""
        return self.run(*arguments, stdin=stdin, extra=extra).decode(errors="replace").rstrip("\n")

    def attempt(
        self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> Finished:
        """Return how git ended; raises `GitError` when it can't start or doesn't end in time."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        try:
            process = subprocess.Popen(  # noqa: S603 -- a list of arguments, and never a shell
                ["git", *settings, *arguments],  # noqa: S607 -- git is wherever PATH says
                cwd=self.folder,
                env={**_clean(self.environ), **_FIXED_ENVIRONMENT, **(extra or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,  # Ctrl-C stops us between commands, never git in the middle of one
            )
        except OSError as error:
            raise GitError(arguments[0], _explain_start(error, self.folder)) from error
        with process:
            return _finish(process, arguments[0], stdin, self.timeout_s)

    def at(self, folder: Path) -> "Git":
        """Return the same git in another folder."""
        return replace(self, folder=folder)


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Drop what would point git elsewhere, such as `GIT_DIR` inside a hook."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_") or name.startswith(_KEPT_PREFIXES)
    }


def _finish(
    process: "subprocess.Popen[bytes]", command: str, stdin: bytes, timeout_s: float
) -> Finished:
    try:
        output, complaint = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        _stop(process)
        raise GitError(command, f"no answer within {timeout_s:g} s") from error
    text = complaint.decode(errors="replace").strip()
    return Finished(process.returncode, output, _first_line(text))


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End git and what it started; asked politely first, it removes its lock files."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.communicate(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def _first_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    wanted = next((line for line in lines if line.startswith(("fatal:", "error:"))), "")
    return wanted or (lines[0] if lines else "")


def _explain_start(error: OSError, folder: Path) -> str:
    if isinstance(error, FileNotFoundError) and folder.is_dir():
        return "git isn't installed, or isn't on the PATH"
    return f"can't run it in {folder}: {error.strerror or error}"
