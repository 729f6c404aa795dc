"""Back-ups of a data folder: one tar file, made while the server runs, restored into an empty folder.

Order matters. Segments first, then the database: what it counts beyond a copied segment is counted, what it doesn't is
in the segment, and so nothing that was acknowledged before the back-up began is missing or counted twice.
"""

import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from app.errors import BadInputError
from app.segments.layout import DataFolder
from app.segments.log import list_segments
from app.store import Store, copy_database


def back_up(folder: DataFolder, store: Store, target: Path) -> int:
    """Write a back-up to a new file; returns its bytes. Raises `BadInputError` when there is one already."""
    try:
        file = target.open("xb")
    except FileExistsError:
        raise BadInputError(f"{target}: there is such a file already") from None
    except OSError as error:
        raise BadInputError(f"{target}: {error.strerror or error}") from None
    try:
        with file, tarfile.open(fileobj=file, mode="w") as tar:
            _add_all(tar, folder, store)
    except BaseException:
        target.unlink()
        raise
    return target.stat().st_size


def restore(source: Path, data: Path) -> None:
    """Unpack a back-up into a folder that is empty or isn't there, all or nothing; raises `BadInputError`."""
    try:
        if data.exists() and any(data.iterdir()):
            raise BadInputError(f"{data} isn't empty; a back-up is restored into a new folder")
        data.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=data.parent, prefix="restore-") as temporary:
            unpacked = Path(temporary) / "data"
            _unpack(source, unpacked)
            unpacked.rename(data)
    except OSError as error:
        raise BadInputError(f"can't restore into {data}: {error.strerror or error}") from None


def _unpack(source: Path, into: Path) -> None:
    try:
        with tarfile.open(source) as tar:
            tar.extractall(into, filter="data")
    except tarfile.TarError:
        raise BadInputError(f"{source}: not a back-up, or cut off") from None
    except OSError as error:
        raise BadInputError(f"can't unpack {source}: {error.strerror or error}") from None
    if not (into / "flujo.db").is_file():
        raise BadInputError(f"{source}: no database in it")


def _add_all(tar: tarfile.TarFile, folder: DataFolder, store: Store) -> None:
    for segment in list_segments(folder.segments):
        _add(tar, segment.path, f"segments/{segment.name}")
    with TemporaryDirectory(dir=folder.path, prefix="back-up-") as temporary:
        copy = Path(temporary) / "flujo.db"
        copy_database(store, copy)
        _add(tar, copy, "flujo.db")
    for path in sorted(folder.history.glob("date=*/*.parquet")):
        _add(tar, path, path.relative_to(folder.path).as_posix())


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file as it is now; it may grow or go meanwhile."""
    try:
        with path.open("rb") as file:
            entry = tar.gettarinfo(arcname=name, fileobj=file)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            tar.addfile(entry, file)
    except FileNotFoundError:
        return  # exported in this moment: it is in the history, which comes last
