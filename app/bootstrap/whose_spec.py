"""Which repository on GitHub a spec on this machine belongs to; nothing that speaks to GitHub is needed to tell."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.adapters.git.remotes import find_github_name
from app.adapters.git.repository import open_git
from app.errors import AppError

_API_URL: Final = "FLUJO_GITHUB_API_URL"
_GITHUB: Final = "github.com"


def name_repository(spec: Path, environ: Mapping[str, str]) -> str:
    """Return `OWNER/NAME` of the repository that holds a file, `""` where it isn't one of GitHub's."""
    host = urlsplit(environ.get(_API_URL) or f"https://{_GITHUB}").hostname or _GITHUB
    try:
        git = open_git(spec.resolve(), environ)
        return find_github_name(git, host.removeprefix("api.")) or ""
    except AppError:
        return ""
