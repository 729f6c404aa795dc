"""Builds what speaks to GitHub, from environment variables: as an App, or as a person with a token."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from app.adapters.git.remotes import find_github_name
from app.adapters.git.repository import open_git
from app.errors import BadInputError
from app.forge import Forge
from app.github import (
    DEFAULT_API_URL,
    GitHubApp,
    World,
    open_with_token,
    parse_address,
    read_app_key,
)

APP_ID_VARIABLE = "FLUJO_GITHUB_APP_ID"
KEY_VARIABLE = "FLUJO_GITHUB_PRIVATE_KEY"
KEY_FILE_VARIABLE = "FLUJO_GITHUB_PRIVATE_KEY_FILE"
API_URL_VARIABLE = "FLUJO_GITHUB_API_URL"
TOKEN_VARIABLE = "FLUJO_GITHUB_TOKEN"  # noqa: S105 -- the name of a variable
SECRET_VARIABLE = "FLUJO_GITHUB_WEBHOOK_SECRET"  # noqa: S105


def open_world(environ: Mapping[str, str]) -> World:
    """Return where GitHub is, and this machine's time; raises `BadInputError`."""
    return World(
        address=parse_address(environ.get(API_URL_VARIABLE) or DEFAULT_API_URL),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=time.sleep,
    )


def open_app(environ: Mapping[str, str]) -> GitHubApp:
    """Return GitHub as the App sees it; raises `BadInputError` that names the variable to set."""
    app_id = environ.get(APP_ID_VARIABLE, "")
    if not (app_id.isascii() and app_id.isdigit()):
        raise BadInputError(f"set {APP_ID_VARIABLE} to the App's id, a number on its settings page")
    return GitHubApp(int(app_id), read_app_key(_read_key(environ)), open_world(environ))


def open_as_person(full_name: str, environ: Mapping[str, str]) -> Forge:
    """Return a repository `OWNER/NAME` as a person sees it; raises `BadInputError` without a token."""
    token = environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise BadInputError(
            f"set {TOKEN_VARIABLE} to a token that may write contents and pull requests of {full_name}"
        )
    return open_with_token(full_name, token, open_world(environ))


def find_repository(spec: Path, environ: Mapping[str, str]) -> str:
    """Return `OWNER/NAME` of the repository that holds a file, by its remote `origin`; raises `BadInputError`."""
    host = urlsplit(open_world(environ).address.web_url).hostname or ""
    name = find_github_name(open_git(spec.resolve(), environ), host)
    if name is None:
        raise BadInputError(
            f"origin isn't a repository on {host}; name it with --github OWNER/NAME"
        )
    return name


def _read_key(environ: Mapping[str, str]) -> str:
    key, file = environ.get(KEY_VARIABLE, ""), environ.get(KEY_FILE_VARIABLE, "")
    if bool(key) == bool(file):
        raise BadInputError(
            f"set {KEY_FILE_VARIABLE} to the file of the App's private key, or {KEY_VARIABLE} to what is in it"
        )
    if key:
        return key
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{KEY_FILE_VARIABLE}: {file!r} can't be read") from error
