"""Reads a spec as a commit has it: its text, and the files beside it, never the work tree's."""

from pathlib import PurePosixPath

from app.errors import BadInputError, PathError
from app.ports import CodeHost
from app.use_cases.read_settings import read_settings
from workflow import Workflow, parse_workflow


def read_spec(
    host: CodeHost, commit: str, path: str, *, allow: tuple[str, ...] | None = None
) -> Workflow:
    """Parse a committed spec under the default branch's settings; raises `SpecError` and `SettingsError`.

    `allow` is which modules may be skills, where the settings in force are known; without it they are read.

    Raises `BadInputError` when it isn't a text file of that commit.
    """
    folder = PurePosixPath(path).parent

    def read(relative: str) -> str:
        try:
            content = host.read_file(commit, str(folder / relative))
        except PathError as error:
            raise OSError(str(error)) from error
        if content is None:
            raise FileNotFoundError(f"no {relative!r} beside the spec in {commit[:12]}")
        return content.decode()

    text = _read_text(host, commit, path)
    if allow is None:
        allow = read_settings(host).skills.allow
    return parse_workflow(text, path=path, read=read, allow=allow)


def _read_text(host: CodeHost, commit: str, path: str) -> str:
    content = host.read_file(commit, path)
    if content is None:
        raise BadInputError(f"{path}: no such file in {commit[:12]}")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: not UTF-8 text (byte {error.start})") from error
