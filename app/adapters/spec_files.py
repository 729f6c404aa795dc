"""Specs on disk: read with the files beside them, never with files elsewhere."""

from pathlib import Path

from app.errors import BadInputError
from workflow import Workflow, parse_workflow

_MAX_FILE_BYTES = 4 * 1024 * 1024


def open_spec(path: Path, *, lenient: bool = False) -> Workflow:
    """Read and parse a spec under the settings of its work tree; raises `SpecError` for no valid spec.

    Raises `BadInputError` for no such text file, `SettingsError` for settings that can't be read.
    """
    # Here, because settings are read from files as specs are.
    from app.adapters.settings_files import settings_beside

    text = read_text(path)
    folder = path.resolve().parent

    def read(relative: str) -> str:
        beside = (folder / relative).resolve()
        if not beside.is_relative_to(folder):
            raise OSError(f"{relative!r} leads out of the spec's folder")
        # With its line ends, as git keeps it: a prompt must enter the hash alike from disk and from a commit.
        content = _read_some(beside)
        if len(content) > _MAX_FILE_BYTES:
            raise OSError(f"{relative!r} is larger than 4 MiB")
        return content.decode("utf-8")

    allow = settings_beside(path).skills.allow
    return parse_workflow(
        text, path=path_in_repository(path), read=read, allow=allow, lenient=lenient
    )


def read_text(path: Path) -> str:
    """Read a UTF-8 file without translating its line ends; raises `BadInputError` in one clear sentence."""
    try:
        content = _read_some(path)
        if len(content) > _MAX_FILE_BYTES:
            raise BadInputError(f"{path}: larger than 4 MiB; is it the right file?")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise BadInputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise BadInputError(f"{path}: is a folder; name a file in it") from None
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror or error}") from None


def _read_some(path: Path) -> bytes:
    """Read a file, or of one that is too large one byte too many: a pipe or a device doesn't say its size."""
    with path.open("rb") as file:
        return file.read(_MAX_FILE_BYTES + 1)


def path_in_repository(path: Path) -> str:
    """Return the path as the repository that holds it knows it; outside of one, the file's name."""
    resolved = path.resolve()
    for folder in resolved.parents:
        if (folder / ".git").exists():
            return resolved.relative_to(folder).as_posix()
    return resolved.name
