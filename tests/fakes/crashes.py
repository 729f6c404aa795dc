"""Lets a process "die" at a chosen durable step: `Killed` is no `Exception`, so nothing cleans up after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

from app.ports import CommitRef
from app.store import Store, Transaction
from tests.fakes.delegating_host import DelegatingHost


class Killed(BaseException):
    """Stands for SIGKILL."""


@dataclass
class Fuse:
    """Counts durable steps and kills at number `at`; 0 never kills."""

    at: int = 0
    steps: int = 0

    def burn(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise Killed


@dataclass(frozen=True)
class MortalStore(Store):
    """A store whose process may die before and after each commit."""

    fuse: Fuse = field(default_factory=Fuse)

    @classmethod
    def wrap(cls, store: Store, fuse: Fuse) -> "MortalStore":
        return cls(**{item.name: getattr(store, item.name) for item in fields(Store)}, fuse=fuse)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        with Store.transaction(self) as rows:
            yield rows
            self.fuse.burn()
        self.fuse.burn()


@dataclass
class MortalHost(DelegatingHost):
    """A code host whose user may die before and after each effect."""

    fuse: Fuse

    def prepare_commit(self, *, parent: str, path: str, content: bytes, message: str) -> CommitRef:
        ref = super().prepare_commit(parent=parent, path=path, content=content, message=message)
        self.fuse.burn()
        return ref

    def land(self, branch: str, commit: CommitRef) -> None:
        self.fuse.burn()
        super().land(branch, commit)
        self.fuse.burn()

    def settle(self, branch: str, commit: CommitRef) -> bool:
        self.fuse.burn()
        landed = super().settle(branch, commit)
        self.fuse.burn()
        return landed
