"""Workshops over a real store with a clock that is told the time, and a queue that runs turns at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.jobs.advance import Workshop, advance
from app.jobs.dispatch import dispatch_due
from app.jobs.handlers import Handlers
from app.store import Store, Work, WorkItem, ask, list_work, open_store

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PULL_REQUEST = Work("github:7", "pull_request", "3", 5)


@dataclass
class ToldTime:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass, in the units of a `timedelta`."""
        self.now += timedelta(**by)


@dataclass
class InlineQueue:
    """Runs every turn as soon as it is pushed."""

    workshop: Workshop
    cancelled: list[tuple[int, int]] = field(default_factory=list)

    def push(self, items: Iterable[WorkItem]) -> None:
        """Run turns."""
        for item in items:
            advance(self.workshop, item.id, item.turn)

    def cancel(self, turns: Iterable[tuple[int, int]]) -> None:
        """Remember turns."""
        self.cancelled.extend(turns)


class HeldQueue(InlineQueue):
    """Keeps what is pushed until it is told to run it."""

    def __init__(self, workshop: Workshop) -> None:
        super().__init__(workshop)
        self.held: list[WorkItem] = []

    def push(self, items: Iterable[WorkItem]) -> None:
        """Keep turns."""
        self.held.extend(items)

    def run(self) -> None:
        """Run what was kept."""
        held, self.held = self.held, []
        super().push(held)


def make_workshop(path: Path, handlers: Handlers) -> Workshop:
    """Return a workshop over an empty store; its clock is a `ToldTime`."""
    return Workshop(open_store(path / "flujo.db"), handlers, ToldTime())


def clock_of(workshop: Workshop) -> ToldTime:
    """Return the clock of a workshop that was made here."""
    assert isinstance(workshop.clock, ToldTime)
    return workshop.clock


def ask_for(store: Store, *works: Work, at: datetime = START) -> None:
    """Ask for work."""
    with store.transaction() as rows:
        for work in works:
            ask(rows, work, at=at)


def only_work(workshop: Workshop) -> WorkItem:
    """Return the one piece of work there is."""
    with workshop.store.snapshot() as rows:
        (item,) = list_work(rows)
    return item


def run_due(workshop: Workshop) -> int:
    """Run all that is due now."""
    return dispatch_due(workshop, InlineQueue(workshop))
