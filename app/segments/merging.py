"""Small Parquet files of days gone by, made into few: a query opens each file it reads.

A merged file names the ones it holds in its own metadata. It is complete before they are deleted, and whoever finds
some of them still there deletes them: so a process may die between any two lines, and a reader sees spans twice for the
moment in between, but never misses one.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.errors import SegmentError
from app.segments.history import HistoryFile, list_history
from app.segments.parquet import ROWS_PER_GROUP, SCHEMA

SMALL_BYTES: Final = 16 * 1024 * 1024
"""Files below it are merged, to files of at most a few times that."""

_MERGED_BYTES: Final = 4 * SMALL_BYTES
_PREFIX: Final = "merged-"
_SOURCES: Final = b"flujo.merged"

IsDone = Callable[[str], bool]
"""Whether a file, by its name without the ending, won't be written again."""


def merge_small_files(place: str, *, before: date, is_done: IsDone) -> int:
    """Merge the small files of days before `before`; returns how many are gone. Raises `SegmentError`."""
    gone = 0
    for _, files in groupby(list_history(place, before=before), key=lambda file: file.day):
        of_day = list(files)
        try:
            gone += _finish(of_day)
            for group in _choose(of_day, is_done):
                _merge(group)
                gone += len(group)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise SegmentError(f"can't merge the history of {of_day[0].day}: {error}") from error
    return gone


def _finish(files: list[HistoryFile]) -> int:
    """Delete what merged files hold already, in the day's folder and in the list."""
    held = {name for file in files if _name(file).startswith(_PREFIX) for name in _sources(file)}
    doubled = [file for file in files if _name(file) in held]
    for file in doubled:
        file.delete()
        files.remove(file)
    return len(doubled)


def _choose(files: Sequence[HistoryFile], is_done: IsDone) -> Iterator[list[HistoryFile]]:
    group: list[HistoryFile] = []
    size = 0
    for file in files:
        stem = _name(file).removesuffix(".parquet")
        if file.size >= SMALL_BYTES or not (stem.startswith(_PREFIX) or is_done(stem)):
            continue
        if size + file.size > _MERGED_BYTES and len(group) > 1:
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if len(group) > 1:
        yield group


def _merge(group: Sequence[HistoryFile]) -> None:
    names = [_name(file) for file in group]
    filesystem, folder = group[0].filesystem, group[0].path.rpartition("/")[0]
    target = f"{folder}/{_PREFIX}{sha256(chr(0).join(names).encode()).hexdigest()[:16]}.parquet"
    schema = SCHEMA.with_metadata({_SOURCES: orjson.dumps(names)})
    with (
        filesystem.open(f"{target}.part", "wb") as file,
        pq.ParquetWriter(file, schema, compression="zstd", compression_level=6) as writer,
    ):
        for table in _gather(group):
            writer.write_table(table.replace_schema_metadata(schema.metadata))
    filesystem.mv(f"{target}.part", target)
    for each in group:
        each.delete()


def _gather(group: Sequence[HistoryFile]) -> Iterator[pa.Table]:
    """Yield the rows of all files, a row group's worth at a time."""
    waiting: list[pa.Table] = []
    for each in group:
        with each.filesystem.open(each.path, "rb") as file:
            content = pq.ParquetFile(file)
            for number in range(content.num_row_groups):
                waiting.append(content.read_row_group(number).replace_schema_metadata(None))
                if sum(table.num_rows for table in waiting) >= ROWS_PER_GROUP:
                    yield pa.concat_tables(waiting)
                    waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _sources(file: HistoryFile) -> list[str]:
    with file.filesystem.open(file.path, "rb") as opened:
        told = pq.read_schema(opened).metadata or {}
    names: list[str] = orjson.loads(told.get(_SOURCES, b"[]"))
    return names


def _name(file: HistoryFile) -> str:
    return file.path.rpartition("/")[2]
