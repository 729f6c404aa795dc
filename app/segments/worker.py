"""The process that works the log off, beside the one that receives: `python -m app.segments.worker`.

It is told where everything lies by one line of JSON on its standard input. When that input ends, because the server
stops or because it died, it works off what is left and ends too.
"""

import fcntl
import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from app.errors import AppError, StoreBusyError
from app.logs import log_to_stderr
from app.segments.layout import DataFolder
from app.segments.log import list_segments
from app.segments.roll_up import RollUp
from app.segments.texts import TEXT_DAYS
from app.segments.upkeep import Upkeep
from app.store import Store, open_store
from app.worker_input import input_ended, read_orders

_LOG: Final = logging.getLogger(__name__)
_IDLE_S: Final = 0.2
_SETTLE_EVERY_S: Final = 5.0
_AFTER_FAILURE_S: Final = 1.0
_COLLECT_EVERY: Final = 200
_MAX_SEGMENTS: Final = 16
_SMALL_BYTES: Final = 48 * 1024 * 1024
_GATHER_S: Final = 1.0
"""How long to let bodies gather after a block that was smaller than that."""


Stopping = Callable[[float], bool]
"""Waits that many seconds at most, and says whether to stop."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker needs to know; `database` is a URL, None for the file in the data folder."""

    data: str
    database: str | None = None
    history: str | None = None
    keep_days: int | None = None
    keep_text_days: int = TEXT_DAYS


def work(options: WorkerOptions, stopping: Stopping) -> None:
    """Work the log off until told to stop, and then to its end. Waits while another worker holds the folder."""
    folder = DataFolder(Path(options.data))
    folder.make()
    with folder.worker_lock.open("wb") as lock:
        if not _acquire(lock, stopping):
            return
        store = open_store(folder.database, url=options.database)
        upkeep = Upkeep(
            folder,
            store,
            history=options.history,
            keep_days=options.keep_days,
            keep_text_days=options.keep_text_days,
        )
        _run(folder, store, upkeep, stopping)


def work_off_all(folder: DataFolder, store: Store) -> bool:
    """Work the log off to its end, here and now; returns False when a worker is at it already."""
    with folder.worker_lock.open("wb") as lock:
        if not _try_lock(lock):
            return False
        _work_off(folder, store)
    return True


def compact_all(
    folder: DataFolder,
    store: Store,
    *,
    history: str | None,
    keep_days: int | None,
    now_ns: int,
    keep_text_days: int | None = None,
) -> None:
    """Work the log off, export it, forget what is too old; raises `StoreBusyError` while a worker is at it."""
    with folder.worker_lock.open("wb") as lock:
        if not _try_lock(lock):
            raise StoreBusyError("a server is running; it does this by itself")
        roll_up = _work_off(folder, store)
        upkeep = Upkeep(
            folder, store, history=history, keep_days=keep_days, keep_text_days=keep_text_days
        )
        upkeep.run(roll_up, now_ns=now_ns)


def _work_off(folder: DataFolder, store: Store) -> RollUp:
    roll_up = RollUp(folder.segments, store)
    while roll_up.work_off():
        pass
    roll_up.settle(now_ns=time.time_ns())
    return roll_up


def _acquire(lock: BinaryIO, stopping: Stopping) -> bool:
    while not _try_lock(lock):
        if stopping(_IDLE_S):
            return False
    return True


def _try_lock(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run(folder: DataFolder, store: Store, upkeep: Upkeep, stopping: Stopping) -> None:
    roll_up: RollUp | None = None
    settled_s = float("-inf")
    blocks = 0
    last_round = False
    while True:
        now_ns, now_s = time.time_ns(), time.monotonic()
        try:
            roll_up = roll_up or RollUp(folder.segments, store)
            done = roll_up.work_off()
            if now_s - settled_s > _SETTLE_EVERY_S or last_round:
                roll_up.settle(now_ns=now_ns)
                settled_s = now_s
                # History may lag while there is more urgent work, but not for ever.
                if not done or len(list_segments(folder.segments)) > _MAX_SEGMENTS:
                    upkeep.run(roll_up, now_ns=now_ns)
        except AppError as error:
            _LOG.error("roll_up_failed reason=%s", error)
            roll_up, done = None, 0
            if stopping(_AFTER_FAILURE_S):
                return
        blocks += 1
        if blocks % _COLLECT_EVERY == 0:
            gc.collect()
        if done:
            # A block writes every step anew, so a few large ones are far cheaper than many small ones.
            if done < _SMALL_BYTES and not last_round:
                last_round = stopping(_GATHER_S)
            continue
        if last_round:
            return
        last_round = stopping(_IDLE_S)


def main() -> None:
    """Run as a process of its own."""
    log_to_stderr()
    given = read_orders()
    # Spans make no cycles; looking for some in them would cost a third of the speed.
    gc.freeze()
    gc.disable()
    work(WorkerOptions(**orjson.loads(given)), input_ended)


if __name__ == "__main__":
    main()
