"""Writes deliveries down, many in one transaction, with the work they ask for; what is written is acknowledged.

One thread writes while the others wait: a commit costs milliseconds, and so it serves all that came meanwhile.
"""

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from app.errors import AppError
from app.store import Delivery, Receipt, Store, Transaction, Work, ask, take_delivery

_AT_ONCE: Final = 500
_MAX_WAITING: Final = 5_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified delivery, and what it asks for."""

    delivery: Delivery
    work: tuple[Work, ...]


class Intake:
    """Takes arrivals from any thread; `close` writes what waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[tuple[Arrival, Future[Receipt]]] = deque()
        self._changed = threading.Condition()
        self._is_closing = False
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt to write went wrong."""
        return self._is_failing

    @property
    def waiting(self) -> int:
        """How many deliveries wait to be written."""
        return len(self._waiting)

    def submit(self, arrival: Arrival) -> Future[Receipt] | None:
        """Have an arrival written down; None when too many wait. The future may raise `StoreError`."""
        done: Future[Receipt] = Future()
        with self._changed:
            if len(self._waiting) >= _MAX_WAITING or self._is_closing:
                return None
            self._waiting.append((arrival, done))
            self._changed.notify()
        return done

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                receipts = self._write([arrival for arrival, _ in batch])
            except AppError as error:
                self._is_failing = True
                for _, done in batch:
                    done.set_exception(error)
            else:
                self._is_failing = False
                for (_, done), receipt in zip(batch, receipts, strict=True):
                    done.set_result(receipt)

    def _next_batch(self) -> list[tuple[Arrival, Future[Receipt]]]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            some = min(len(self._waiting), _AT_ONCE)
            return [self._waiting.popleft() for _ in range(some)]

    def _write(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        with self._store.transaction() as rows:
            return [take_arrival(rows, arrival) for arrival in arrivals]


def take_arrival(rows: Transaction, arrival: Arrival) -> Receipt:
    """Keep a delivery and ask for its work, if it didn't come before."""
    receipt = take_delivery(rows, arrival.delivery)
    if receipt is Receipt.NEW:
        for work in arrival.work:
            ask(rows, work, at=arrival.delivery.received_at)
    return receipt
