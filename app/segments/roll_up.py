"""Works the log off: bodies become roll-ups, block by block, and every accepted span counts exactly once.

A block's roll-ups, the offsets behind it, the keys of its spans and the spans that still wait for their run are one
transaction. Whatever dies, and whenever, the next worker goes on from what was committed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.segments.blocks import Block, BlockReader
from app.segments.log import Segment
from app.segments.sampling import RunSampler, tell_of_runs
from app.store import (
    REACHED,
    SPANS,
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
from telemetry.volume import (
    HOUR_S,
    KEYS_PER_GENERATION,
    MAX_NEW_STEPS,
    MAX_STEP_HOURS,
    RUNS_PER_DAY,
    HourlyStats,
    SeenKeys,
    StepHours,
    StepNames,
    fold_spans,
    judge_spans,
    to_columns,
)

_HOUR_NS: Final = HOUR_S * 10**9


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
        max_step_hours: int = MAX_STEP_HOURS,
    ) -> None:
        self._folder = folder
        self._store = store
        self._keys_per_generation = keys_per_generation
        self._runs_per_day = runs_per_day
        self._max_new_steps = max_new_steps
        self._max_step_hours = max_step_hours
        self._reader = BlockReader()
        self._load()

    def _load(self) -> None:
        with self._store.transaction() as rows:
            salt = make_sampling_salt(rows)
        with self._store.snapshot() as rows:
            self._names = StepNames(list_step_keys(rows), limit=self._max_new_steps)
            self._hours = StepHours(limit=self._max_step_hours)
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
        block = self._reader.read_block(self._folder, self._offsets)
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

    def _commit(self, block: Block) -> None:
        columns = to_columns(block.read.rows, block.sources)
        is_new = self._seen.add(columns.span)
        hour = block.received_ns // _HOUR_NS
        judged = self._names.admit(columns, judge_spans(columns, is_new=is_new), hour=hour)
        judged = self._hours.admit(columns, judged, hour=hour)
        folded = fold_spans(columns, judged.counts, reached=self._reached)
        waiting = self._sampler.choose(
            columns, judged.counts & tell_of_runs(columns), block.read.rows
        )
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
