"""Plays a piece of the App's work from a saved beginning, undisturbed or not, and tells how everything ended.

What is played is all there is between the row of the work and GitHub: the loop that hands over turns, the handlers, the
behaviours. Only GitHub is in memory, and the clock is told the time.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from app.bootstrap.behaviours import build_behaviours
from app.errors import GitHubError
from app.forge import AppForge, Installation, InstalledRepository
from app.jobs.advance import Workshop
from app.jobs.dispatch import dispatch_due, wake_all
from app.jobs.reconcile import REVIEW
from app.store import Store, Work, WorkState, list_work, open_store
from tests.app.behaviours.endings import Ended, describe
from tests.app.behaviours.installing import FakeApp
from tests.app.jobs.workshops import InlineQueue, ToldTime, ask_for
from tests.fakes.crashes import Fuse, MortalStore
from tests.fakes.forge import FakeGitHub, Faults

WRITES = frozenset(
    {
        "checks.report",
        "code.create_branch",
        "code.land",
        "code.prepare_commit",
        "comments.delete",
        "comments.react",
        "comments.write",
        "delete_branch",
        "issues.edit",
        "issues.open",
        "labels.add",
        "labels.ensure",
        "labels.remove",
        "move_branch",
        "pull_requests.close",
        "pull_requests.edit",
        "pull_requests.merge",
        "pull_requests.open",
        "pull_requests.request_reviewers",
    }
)
_LONG_ENOUGH = timedelta(minutes=50)
"""Longer than any wait after a failure or a limit, and shorter than the hour that one more pull request waits."""

_MOST_LOOKS = 400


@dataclass(frozen=True)
class Begun:
    """How everything stands before `works` are made: to be begun from as often as one likes."""

    github: FakeGitHub
    database: Path
    works: tuple[Work, ...]
    now: datetime


@dataclass
class Witness(Fuse):
    """Keeps how everything is on disk and on GitHub at each durable step: what a death right then would leave."""

    folder: Path = Path()
    works: tuple[Work, ...] = ()
    play: "Play | None" = None
    seen: dict[str, Begun] = field(default_factory=dict)

    def burn(self) -> None:
        super().burn()
        assert self.play is not None
        github, database = self.play.github, self.play.path
        journal = database.with_name(f"{database.name}-wal")
        parts = [path.read_bytes() for path in (database, journal) if path.exists()]
        facts = {**vars(github), "code": github.code.heads, "commits": len(github.code.commits)}
        del facts["faults"]
        key = hashlib.sha256(b"".join(parts) + repr(facts).encode()).hexdigest()
        if key in self.seen:
            return
        kept = self.folder / f"{self.steps}.db"
        for path, part in zip((kept, kept.with_name(f"{kept.name}-wal")), parts, strict=False):
            path.write_bytes(part)
        faults, github.faults = github.faults, Faults()
        self.seen[key] = Begun(deepcopy(github), kept, self.works, self.play.clock.now)
        github.faults = faults


@dataclass
class Watched(Faults):
    """Burns a fuse before and after each write."""

    fuse: Fuse = field(default_factory=Fuse)

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if name not in WRITES:
            return act()
        self.fuse.burn()
        result = act()
        self.fuse.burn()
        return result


@dataclass
class FailingOnce(Faults):
    """Lets one call fail, counted from 1: before or after its effect, or telling how things were at first."""

    at: int = 0
    error: GitHubError | None = None
    is_after: bool = False
    github: FakeGitHub | None = None
    past: FakeGitHub | None = None
    struck: str = ""

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if len(self.calls) != self.at:
            return act()
        self.struck = name
        if self.error is None:
            return act() if name in WRITES else self._remember(act)
        if self.is_after:
            act()
        raise self.error

    def _remember(self, act: Callable[[], Any]) -> Any:
        assert self.github is not None
        assert self.past is not None
        with _as_it_was(self.github, self.past), _as_it_was(self.github.code, self.past.code):
            try:
                return act()
            except KeyError:
                pass  # a commit that wasn't there yet: GitHub's objects are never stale
        return act()


@contextmanager
def _as_it_was(now: object, past: object) -> Iterator[None]:
    kept = {**vars(now)}
    for name, value in vars(past).items():
        if name not in {"faults", "code"}:
            setattr(now, name, value)
    try:
        yield
    finally:
        vars(now).update(kept)


@dataclass
class CountedApp(FakeApp):
    """Has its own calls disturbed too."""

    faults: Faults = field(default_factory=Faults)

    def installation(self, installation_id: int) -> Installation:
        found = self.faults.call(
            "installation", lambda: FakeApp.installation(self, installation_id)
        )
        return cast("Installation", found)

    def repositories(self, installation_id: int) -> tuple[InstalledRepository, ...]:
        found = self.faults.call(
            "repositories", lambda: FakeApp.repositories(self, installation_id)
        )
        return cast("tuple[InstalledRepository, ...]", found)


def begin(
    github: FakeGitHub, store: Store, works: tuple[Work, ...], now: datetime, *, keep: Path
) -> Begun:
    """Save a beginning in `keep`; the works are asked for, as an acknowledged delivery has asked for them."""
    ask_for(store, *works, at=now)
    store.close()
    keep.mkdir(parents=True, exist_ok=True)
    shutil.copy(store.path, keep / "begun.db")
    return Begun(deepcopy(github), keep / "begun.db", works, now)


@dataclass
class Play:
    """One time that a beginning is played to its end, in a folder of its own."""

    begun: Begun
    folder: Path
    faults: Faults = field(default_factory=Faults)
    fuse: Fuse = field(default_factory=Fuse)

    def __post_init__(self) -> None:
        self.path = self.folder / "flujo.db"
        for old in self.folder.glob("flujo.db*"):
            old.unlink()
        for part in self.begun.database.parent.glob(f"{self.begun.database.name}*"):
            shutil.copy(part, part.name.replace(self.begun.database.name, str(self.path)))
        self.github = deepcopy(self.begun.github)
        self.github.faults = self.faults
        if isinstance(self.faults, FailingOnce):
            self.faults.github, self.faults.past = self.github, self.begun.github
        if isinstance(self.fuse, Witness):
            self.fuse.play = self
        app = CountedApp({5: [self.github]}, faults=self.faults)
        self.clock = ToldTime(self.begun.now)
        store = MortalStore.wrap(open_store(self.path), self.fuse)
        self.workshop = Workshop(store, build_behaviours(cast("AppForge", app)), self.clock)

    def run(self) -> Ended:
        """Do what there is to do, also what a failure put off, and what a dead process left."""
        with closing(sqlite3.connect(self.path)) as open_throughout:
            open_throughout.execute("SELECT count(*) FROM work").fetchone()
            wake_all(self.workshop)
            self._work_off()
        self.clock.now = self.github.now = self.clock.now + _LONG_ENOUGH
        return describe(self.github, self.workshop.store)

    def run_again(self) -> Ended:
        """Do the same once more, as if another event had come, and look at everything as the clock has it done."""
        look = Work(f"github:{self.github.repository.id}", REVIEW, "", 5)
        ask_for(self.workshop.store, *self.begun.works, look, at=self.clock.now)
        return self.run()

    def _work_off(self) -> None:
        until, queue = self.clock.now + _LONG_ENOUGH, InlineQueue(self.workshop)
        for _ in range(_MOST_LOOKS):
            if dispatch_due(self.workshop, queue):
                continue
            due = self._find_next()
            if due is None or due > until:
                return
            self.clock.now = max(self.clock.now, due)
            self.github.now = max(self.github.now, due)
        raise AssertionError("it never comes to rest")

    def _find_next(self) -> datetime | None:
        with self.workshop.store.snapshot() as rows:
            waiting = list_work(rows, states=[WorkState.WAITING])
        handled = [one.not_before for one in waiting if one.work.kind in self.workshop.handlers]
        return min(handled, default=None)
