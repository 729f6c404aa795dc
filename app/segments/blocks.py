"""Blocks: as many frames of the log as go into the store in one transaction, read into rows."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.segments.frames import Frame
from app.segments.log import Segment, list_segments
from app.store import LOCAL, UNMAPPED
from telemetry import OtlpError, Quarantine
from telemetry.volume import RowReader, Rows, Source

_LOG: Final = logging.getLogger(__name__)
_BLOCK_BYTES: Final = 64 * 1024 * 1024
_BLOCK_SPANS: Final = 60_000
"""What is worked off in one transaction, when so much is waiting."""

_UNREADABLE: Final = "an unreadable body"


@dataclass(slots=True)
class Progress:
    """How far one segment came in a block: the offset behind it, and where its rows are among the block's."""

    segment: Segment
    offset: int
    first_row: int
    rows: int = 0


@dataclass(slots=True)
class Block:
    """Frames on their way into the store."""

    read: Rows = field(default_factory=Rows)
    sources: list[Source] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)
    origins: dict[str, int] = field(default_factory=dict)
    set_aside: Counter[tuple[str, str]] = field(default_factory=Counter)
    received_ns: int = 0
    bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether it is time to commit it."""
        return self.bytes >= _BLOCK_BYTES or len(self.read.rows) >= _BLOCK_SPANS


class BlockReader:
    """Reads blocks, and remembers what attributes mean from one to the next."""

    def __init__(self) -> None:
        self._reader = RowReader()

    def read_block(self, folder: Path, offsets: Mapping[str, int]) -> Block:
        """Return the next block: what lies behind the offsets of the segments of a folder."""
        block = Block()
        for segment in list_segments(folder):
            offset = offsets.get(segment.name, 0)
            if segment.size > offset:
                self._read_segment(segment, offset, block)
            if block.is_full:
                break
        return block

    def _read_segment(self, segment: Segment, offset: int, block: Block) -> None:
        progress = Progress(segment, offset, len(block.read.rows))
        while not block.is_full:
            before = progress.offset
            for frame, end in segment.read(before):
                self._read_frame(frame, block)
                progress.offset = end
            if progress.offset == before:
                break
        progress.rows = len(block.read.rows) - progress.first_row
        if progress.offset > offset:
            block.progress.append(progress)

    def _read_frame(self, frame: Frame, block: Block) -> None:
        read = block.read
        source = len(block.sources)
        from_file = bool(frame.origin)
        block.sources.append(Source(frame.repository, frame.received_ns, frame.sender, from_file))
        block.received_ns = max(block.received_ns, frame.received_ns)
        block.bytes += len(frame.body)
        if frame.origin:
            block.origins[frame.origin] = frame.position
        misplaced, foreign = read.misplaced, read.foreign
        read_frame(self._reader, frame, read, source, block.set_aside)
        if read.misplaced > misplaced:
            block.set_aside[frame.repository, Quarantine.FOREIGN] += read.misplaced - misplaced
        if read.foreign > foreign:
            block.set_aside[frame.repository, UNMAPPED] += read.foreign - foreign


def read_frame(
    reader: RowReader,
    frame: Frame,
    into: Rows,
    source: int,
    unreadable: Counter[tuple[str, str]] | None = None,
) -> None:
    """Add the spans of a frame to `into`; a body that can't be read is counted and logged, and stops nobody else's."""
    tenant = "" if frame.repository == LOCAL else frame.repository
    before = len(into.rows)
    try:
        reader.read(
            frame.body, frame.encoding, into, source=source, tenant=tenant, sender=frame.sender
        )
    except (OtlpError, ValueError, OverflowError) as error:
        del into.rows[before:]
        if unreadable is not None:
            unreadable[frame.repository, _UNREADABLE] += 1
            _LOG.error("body_unreadable repository=%s reason=%s", frame.repository, error)


def iterate_frames(segment: Segment, *, offset: int = 0) -> Iterator[Frame]:
    """Yield all whole frames of a segment behind an offset."""
    while frames := list(segment.read(offset)):
        offset = frames[-1][1]
        for frame, _ in frames:
            yield frame
