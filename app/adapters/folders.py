"""Folders that something is to be kept in."""

import tempfile
from pathlib import Path

from app.errors import BadInputError


def prepare_folder(folder: Path) -> None:
    """Create a folder if it isn't there; raises `BadInputError` when nothing can be kept in it.

    To be called before what is to be kept is made: a run that can't be kept has been paid for in vain.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInputError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
