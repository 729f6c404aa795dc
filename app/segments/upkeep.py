"""What the worker does in between: closed segments become Parquet, and what is too old goes."""

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Final

from app.segments.history import list_history
from app.segments.layout import DataFolder
from app.segments.log import Segment, is_held
from app.segments.roll_up import RollUp
from app.segments.texts import drop_texts
from app.store import (
    Store,
    drop_rollups,
    drop_sampled_runs,
    list_segment_states,
    mark_exported,
)
from telemetry.volume import HOUR_S

_LOG: Final = logging.getLogger(__name__)


class Upkeep:
    """Exports segments that are closed and worked off; `history` is a folder or a URL that fsspec reads.

    What is older than `keep_days`, and texts older than `keep_text_days`, is forgotten; None keeps all.
    """

    def __init__(
        self,
        folder: DataFolder,
        store: Store,
        *,
        history: str | None = None,
        keep_days: int | None = None,
        keep_text_days: int | None = None,
    ) -> None:
        self._folder = folder
        self._store = store
        self._history = history or str(folder.history)
        self._keep_days = keep_days
        self._keep_text_days = keep_text_days
        self._merged_on: date | None = None

    def run(self, roll_up: RollUp, *, now_ns: int) -> None:
        """Export what can be exported; raises `SegmentError` when the history can't be written."""
        self._forget_old(now_ns)
        self._forget_texts(now_ns)
        with self._store.snapshot() as rows:
            states = list_segment_states(rows)
        for state in states:
            segment = Segment(self._folder.segments / state.name)
            if not segment.path.exists():
                continue
            if not state.exported_to:
                if is_held(segment) or _has_more(segment, state.offset):
                    continue
                self._export(segment, state.set_aside, state.spans, now_ns)
            _keep_torn_tail(segment, state.offset)
            segment.path.unlink(missing_ok=True)
            roll_up.forget(segment)
        self._merge(now_ns)

    def _forget_old(self, now_ns: int) -> None:
        if self._keep_days is None:
            return
        oldest = datetime.fromtimestamp(now_ns / 1e9, UTC) - timedelta(days=self._keep_days)
        with self._store.transaction() as rows:
            dropped = drop_rollups(rows, before_hour=int(oldest.timestamp()) // HOUR_S)
            dropped += drop_sampled_runs(rows, before=oldest)
        for file in list_history(self._history, before=oldest.date()):
            file.delete()
            dropped += 1
        if dropped:
            _LOG.info("old_telemetry_forgotten before=%s items=%s", oldest.date(), dropped)

    def _merge(self, now_ns: int) -> None:
        """Merge small files of days gone by, once a day: nothing is added to those days but what is late."""
        today = datetime.fromtimestamp(now_ns / 1e9, UTC).date()
        if self._merged_on == today:
            return
        self._merged_on = today
        if next(list_history(self._history, before=today), None) is None:
            return
        from app.segments.merging import merge_small_files  # pyarrow is large, and only needed here

        gone = merge_small_files(self._history, before=today, is_done=self._is_done)
        if gone:
            _LOG.info("history_merged before=%s files=%s", today, gone)

    def _is_done(self, stem: str) -> bool:
        return not (self._folder.segments / f"{stem}.seg").exists()

    def _forget_texts(self, now_ns: int) -> None:
        if self._keep_text_days is None:
            return
        files = drop_texts(self._folder.texts, keep_days=self._keep_text_days, now_ns=now_ns)
        if files:
            _LOG.info("old_texts_forgotten days=%s files=%s", self._keep_text_days, files)

    def _export(self, segment: Segment, set_aside: object, spans: int, now_ns: int) -> None:
        from app.segments.parquet import export_segment  # pyarrow is large, and only needed here

        day = datetime.fromtimestamp(int(segment.name[:20]) / 1e9, UTC).date()
        url = f"{self._history.rstrip('/')}/date={day}/{segment.path.stem}.parquet"
        if spans:
            size = export_segment(segment, url, set_aside=set_aside, spans=spans)  # type: ignore[arg-type]
            _LOG.info("segment_exported name=%s spans=%s bytes=%s", segment.name, spans, size)
        with self._store.transaction() as rows:
            at = datetime.fromtimestamp(now_ns / 1e9, UTC)
            mark_exported(rows, segment.name, url if spans else "-", at=at)


def _has_more(segment: Segment, offset: int) -> bool:
    return next(segment.read(offset), None) is not None


def _keep_torn_tail(segment: Segment, offset: int) -> None:
    """Save what lies behind the last whole frame: nothing that was acknowledged, unless the disk went bad."""
    torn = segment.size - offset
    if torn <= 0:
        return
    with segment.path.open("rb") as file:
        file.seek(offset)
        segment.path.with_suffix(".torn").write_bytes(file.read())
    _LOG.warning("segment_torn name=%s offset=%s bytes=%s", segment.name, offset, torn)
