"""Works the log off: bodies become roll-ups, block by block, and every accepted span counts exactly once.

A block's roll-ups, the offsets behind it, the keys of its spans and the spans that still wait for their run are one
transaction. Whatever dies, and whenever, the next worker goes on from what was committed.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.segments.frames import Frame
from app.segments.log import Segment, list_segments
from app.segments.sampling import RUNS_PER_DAY, RunSampler
from app.store import (
    REACHED,
    SPANS,
    UNMAPPED,
    Store,
    Transaction,
    WaitingSpans,
    add_to_quarantine,
    add_to_rollups,
    advance_origins,
    advance_segment,
    keep_keys,
    list_step_keys,
    make_sampling_salt,
    read_keys,
    read_offsets,
    wait_for_rest,
)
from telemetry import OtlpError, Quarantine
from telemetry.volume import (
    HOUR_S,
    KEYS_PER_GENERATION,
    MAX_NEW_STEPS,
    HourlyStats,
    RowReader,
    Rows,
    SeenKeys,
    Source,
    StepNames,
    fold_spans,
    judge_spans,
    slots,
    to_columns,
)

_LOG: Final = logging.getLogger(__name__)
_BLOCK_BYTES: Final = 64 * 1024 * 1024
_BLOCK_SPANS: Final = 60_000
"""What is worked off in one transaction, when so much is waiting."""

_HOUR_NS: Final = HOUR_S * 10**9
_UNREADABLE: Final = "an unreadable body"

LOCAL: Final = "local"
"""The repository of telemetry that nobody vouched for: a server on loopback without tokens, and files."""


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


class RollUp:
    """Works off a folder of segments into a store; only one may do so at a time."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        *,
        keys_per_generation: int = KEYS_PER_GENERATION,
        runs_per_day: int = RUNS_PER_DAY,
        max_new_steps: int = MAX_NEW_STEPS,
    ) -> None:
        self._folder = folder
        self._store = store
        self._keys_per_generation = keys_per_generation
        self._runs_per_day = runs_per_day
        self._max_new_steps = max_new_steps
        self._reader = RowReader()
        self._load()

    def _load(self) -> None:
        with self._store.transaction() as rows:
            salt = make_sampling_salt(rows)
        with self._store.snapshot() as rows:
            self._names = StepNames(list_step_keys(rows), limit=self._max_new_steps)
            self._offsets = read_offsets(rows)
            self._seen = SeenKeys(keys_per_generation=self._keys_per_generation)
            self._seen.remember(read_keys(rows, SPANS))
            self._reached = SeenKeys(keys_per_generation=self._keys_per_generation)
            self._reached.remember(read_keys(rows, REACHED))
            self._sampler = RunSampler.load(rows, salt=salt, runs_per_day=self._runs_per_day)

    def work_off(self) -> int:
        """Take the next block into the store; returns the bytes it had, 0 when there is nothing to do.

        Raises `StoreError` or `SegmentError`; nothing of the block counts then.
        """
        block = self._read_block()
        if not block.progress:
            return 0
        try:
            self._commit(block)
        except BaseException:
            self._load()  # what was remembered of this block never happened
            raise
        for done in block.progress:
            self._offsets[done.segment.name] = done.offset
        return block.bytes

    def settle(self, *, now_ns: int) -> int:
        """Keep sampled runs that have become complete; returns how many."""
        with self._store.transaction() as rows:
            return self._sampler.settle(rows, now_ns=now_ns)

    def forget(self, segment: Segment) -> None:
        """Stop remembering a segment whose file is gone."""
        self._offsets.pop(segment.name, None)

    def offset_of(self, segment: Segment) -> int:
        """Return how far a segment is worked off."""
        return self._offsets.get(segment.name, 0)

    def _read_block(self) -> Block:
        block = Block()
        for segment in list_segments(self._folder):
            offset = self.offset_of(segment)
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
        block.sources.append(Source(frame.repository, frame.received_ns))
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

    def _commit(self, block: Block) -> None:
        columns = to_columns(block.read.rows, block.sources)
        is_new = self._seen.add(columns.span)
        hour = block.received_ns // _HOUR_NS
        judged = self._names.admit(columns, judge_spans(columns, is_new=is_new), hour=hour)
        folded = fold_spans(columns, judged.counts, reached=self._reached)
        # Other emitters tell of calls, not of whole runs.
        whole = judged.counts & (columns.role & slots.OF_OTHERS == 0)
        waiting = self._sampler.choose(columns, whole, block.read.rows)
        for (repository, reason), spans in judged.quarantined.items():
            block.set_aside[repository, reason] += spans
        with self._store.transaction() as rows:
            self._write(rows, block, folded.stats, waiting)
            for done in block.progress:
                part = judged.counts[done.first_row : done.first_row + done.rows]
                advance_segment(
                    rows,
                    done.segment.name,
                    done.offset,
                    spans=done.rows,
                    set_aside=np.flatnonzero(~part),
                )
            self._keep_keys(rows, SPANS, columns.span[is_new])
            self._keep_keys(rows, REACHED, folded.reached)

    def _write(
        self,
        rows: Transaction,
        block: Block,
        stats: Sequence[HourlyStats],
        waiting: Sequence[WaitingSpans],
    ) -> None:
        add_to_rollups(rows, stats)
        add_to_quarantine(rows, block.set_aside, hour=block.received_ns // _HOUR_NS)
        advance_origins(rows, block.origins)
        wait_for_rest(rows, waiting)

    def _keep_keys(self, rows: Transaction, window: str, keys: NDArray[np.uint64]) -> None:
        keep_keys(rows, window, keys, limit=2 * self._keys_per_generation)


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
        reader.read(frame.body, frame.encoding, into, source=source, tenant=tenant)
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
