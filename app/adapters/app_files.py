"""Keeps a new App's private key and secret in files that only their owner can read."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from app.errors import BadInputError

_OWNER_ONLY = 0o600


def write_app_files(
    folder: Path, slug: str, environment: Mapping[str, str], *, private_key: str
) -> tuple[Path, Path]:
    """Write the key, and the variables that a server needs; return where both are.

    Nothing is overwritten: raises `BadInputError` when a file of that name is there or can't be made.
    """
    home = folder.resolve()
    key_file, env_file = home / f"{slug}.private-key.pem", home / f"{slug}.env"
    variables = {**environment, "FLUJO_GITHUB_PRIVATE_KEY_FILE": str(key_file)}
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    _write_new(key_file, private_key)
    _write_new(env_file, "".join(lines))
    return key_file, env_file


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Never readable by others, not even for a moment; a link that waits there isn't followed.
        descriptor = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _OWNER_ONLY
        )
    except OSError as error:
        raise BadInputError(
            f"{path} can't be written ({error.strerror}); the App exists on GitHub by now: make a new"
            " private key and a new webhook secret on its settings page"
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
