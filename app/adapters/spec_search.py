"""Which specs a command line means: files as they are named, folders and globs as far as they hold some."""

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from app.adapters.settings_files import settings_beside
from app.errors import BadInputError
from app.paths import select_paths

_SKIPPED = frozenset({"node_modules", "__pycache__"})


def find_specs(named: Iterable[Path]) -> list[Path]:
    """Return the files meant, each once; raises `BadInputError` for no file, a folder or a glob that holds none.

    In a folder, those count that the settings' `specs` globs select in the repository around it; in no repository,
    as if the folder were one. Hidden folders are skipped.
    """
    found: dict[Path, None] = {}
    for path in named:
        found.update(dict.fromkeys(_resolve(path)))
    return list(found)


def _resolve(path: Path) -> list[Path]:
    if path.is_dir():
        return _search(path)
    if path.exists():
        return [path]
    if not has_magic(str(path)):
        raise BadInputError(f"{path}: no such file")
    files = [Path(name) for name in sorted(glob(str(path), recursive=True))]
    files = [file for file in files if file.is_file()]
    if not files:
        raise BadInputError(f"{path}: no file fits this pattern")
    return files


def _search(folder: Path) -> list[Path]:
    globs = settings_beside(folder / "any").specs
    root = _root_of(folder)
    by_place = {file.resolve().relative_to(root).as_posix(): file for file in _files_in(folder)}
    found = [by_place[place] for place in select_paths(sorted(by_place), globs)]
    if not found:
        raise BadInputError(f"{folder}: no spec in it; the settings look for {', '.join(globs)}")
    return found


def _files_in(folder: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name not in _SKIPPED]
        for name in files:
            file = Path(here, name)
            # A pipe among them would never end.
            if file.is_file() and not file.is_symlink():
                yield file


def _root_of(folder: Path) -> Path:
    resolved = folder.resolve()
    around = (resolved, *resolved.parents)
    return next((parent for parent in around if (parent / ".git").exists()), resolved)
