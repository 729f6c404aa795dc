"""Builds real git repositories for tests, cut off from the machine's own git configuration."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.adapters.local_git import LocalGitRepository

_BARE_ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CEILING_DIRECTORIES": "/",
}
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}
ENVIRON = {**_BARE_ENVIRON, **IDENTITY}
NOBODY = _BARE_ENVIRON


@dataclass(frozen=True)
class ScratchRepository:
    """A repository in a temporary folder."""

    folder: Path

    def git(self, *arguments: str, at: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=at or self.folder, env=ENVIRON, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def write(self, path: str, content: bytes) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    def commit(self, files: Mapping[str, bytes], message: str = "By hand") -> str:
        for path, content in files.items():
            self.write(path, content)
            self.git("add", "--", path)
        self.git("commit", "--quiet", "--message", message)
        return self.head()

    def head(self, branch: str = "main") -> str:
        return self.git("rev-parse", branch)

    def status(self) -> str:
        return self.git("status", "--porcelain")

    def open(self, environ: Mapping[str, str] = ENVIRON) -> LocalGitRepository:
        return LocalGitRepository(self.folder, environ=environ)


def make_repository(folder: Path, files: Mapping[str, bytes]) -> ScratchRepository:
    """Make a repository whose branch `main` holds `files` in one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    repository = ScratchRepository(folder)
    repository.git("init", "--quiet", "--template=", "--initial-branch=main")
    if files:
        repository.commit(files, "Start")
    return repository
