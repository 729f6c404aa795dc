"""How far telemetry has been worked off: offsets of segments and files, and the keys that tell copies from news.

All of it moves in the transaction that adds to the roll-ups, so that every accepted span counts exactly once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, LargeBinary, delete, func
from sqlalchemy import select as select_columns
from sqlmodel import Field, col, select

from app.store.columns import Instant, Row, table_of
from app.store.database import Transaction

SPANS, REACHED = "spans", "reached"
"""The two windows of keys: spans seen, and steps reached by runs."""

_KEY_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class SegmentState:
    """How far a segment is worked off.

    `set_aside` are the numbers of the spans in it that don't count; `exported_to` is where its Parquet file is, ""
    until there is one.
    """

    name: str
    offset: int
    spans: int
    set_aside: NDArray[np.uint32]
    exported_to: str = ""
    exported_at: datetime | None = None


class SegmentRow(Row, table=True):
    """A row of `segments`."""

    __tablename__ = "segments"

    name: str = Field(primary_key=True)
    offset: int = Field(sa_type=BigInteger)
    spans: int = Field(sa_type=BigInteger)
    set_aside: bytes = Field(default=b"", sa_type=LargeBinary)
    exported_to: str = Field(default="", index=True)
    exported_at: datetime | None = Field(default=None, sa_type=Instant)


class OriginRow(Row, table=True):
    """A row of `ingested_files`: how many bytes of a file have been taken in."""

    __tablename__ = "ingested_files"

    origin: str = Field(primary_key=True)
    position: int = Field(sa_type=BigInteger)


class SeenKeysRow(Row, table=True):
    """A row of `seen_keys`: the new keys of one block, eight bytes each."""

    __tablename__ = "seen_keys"

    id: int | None = Field(default=None, primary_key=True)
    window: str = Field(index=True)
    count: int
    keys: bytes = Field(sa_type=LargeBinary)


def read_offsets(rows: Transaction) -> dict[str, int]:
    """Return how far each known segment is worked off."""
    return {row.name: row.offset for row in rows.exec(select(SegmentRow))}


def list_segment_states(rows: Transaction) -> tuple[SegmentState, ...]:
    """Return all known segments, oldest first."""
    query = select(SegmentRow).order_by(col(SegmentRow.name))
    return tuple(
        SegmentState(
            row.name,
            row.offset,
            row.spans,
            np.frombuffer(row.set_aside, "<u4"),
            row.exported_to,
            row.exported_at,
        )
        for row in rows.exec(query)
    )


def advance_segment(
    rows: Transaction, name: str, offset: int, *, spans: int, set_aside: NDArray[np.int64]
) -> None:
    """Note that a segment is worked off up to `offset`, `spans` more of it.

    `set_aside` are those of them that don't count, by number from 0.
    """
    row = rows.get(SegmentRow, name) or SegmentRow(name=name, offset=0, spans=0)
    row.set_aside += (set_aside + row.spans).astype("<u4").tobytes()
    row.offset, row.spans = offset, row.spans + spans
    rows.add(row)
    rows.flush()


def mark_exported(rows: Transaction, name: str, url: str, *, at: datetime) -> None:
    """Note where the spans of a segment went."""
    row = rows.get_one(SegmentRow, name)
    row.exported_to, row.exported_at = url, at
    rows.add(row)


def forget_segment(rows: Transaction, name: str) -> None:
    """Forget a segment whose files are gone."""
    rows.execute(delete(SegmentRow).where(col(SegmentRow.name) == name))


def advance_origins(rows: Transaction, positions: Mapping[str, int]) -> None:
    """Note how far files have been taken in."""
    for origin, position in positions.items():
        rows.merge(OriginRow(origin=origin, position=position))
    rows.flush()


def read_origin(rows: Transaction, origin: str) -> int:
    """Return how many bytes of a file have been worked off."""
    row = rows.get(OriginRow, origin)
    return row.position if row else 0


def keep_keys(rows: Transaction, window: str, keys: NDArray[np.uint64], *, limit: int) -> None:
    """Append new keys to a window, and drop whole old blocks beyond `limit` keys."""
    if not len(keys):
        return
    content = keys.astype("<u8").tobytes()
    rows.add(SeenKeysRow(window=window, count=len(keys), keys=content))
    rows.flush()
    _drop_old_keys(rows, window, limit)


def read_keys(rows: Transaction, window: str) -> list[NDArray[np.uint64]]:
    """Return the blocks of a window, oldest first."""
    query = select(SeenKeysRow).where(SeenKeysRow.window == window).order_by(col(SeenKeysRow.id))
    return [np.frombuffer(row.keys, "<u8") for row in rows.exec(query)]


def _drop_old_keys(rows: Transaction, window: str, limit: int) -> None:
    table = table_of(SeenKeysRow)
    of_window = table.c.window == window
    total = rows.execute(select_columns(func.sum(table.c.count)).where(of_window)).scalar_one()
    if total <= limit:
        return
    blocks = rows.execute(
        select_columns(table.c.id, table.c.count).where(of_window).order_by(table.c.id)
    ).all()
    for block_id, count in blocks:
        if total - count < limit:
            return
        total -= count
        rows.execute(delete(SeenKeysRow).where(col(SeenKeysRow.id) == block_id))
