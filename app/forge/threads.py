"""Where people talk: comments and reactions, issues, labels. A pull request's thread is the issue of its number."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.forge.people import Account


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; one whose `updated_at` is after its `created_at` was edited."""

    id: int
    author: Account
    body: str
    url: str
    created_at: datetime
    updated_at: datetime

    @property
    def is_edited(self) -> bool:
        """Whether it says something else than at first."""
        return self.updated_at > self.created_at


class Reaction(StrEnum):
    """How a comment is answered without words."""

    ACCEPTED = "+1"
    REFUSED = "confused"


class Comments(Protocol):
    """The comments in one repository's threads. Writes may be repeated: a second time changes nothing more."""

    def list(self, number: int, *, since: datetime | None = None) -> tuple[Comment, ...]:
        """Return a thread's comments, oldest first; with `since`, those that changed after it."""

    def get(self, comment_id: int) -> Comment | None:
        """Return a comment as it is now."""

    def write(self, number: int, *, marker: str, body: str) -> Comment:
        """Write a comment with a hidden marker, or bring our own one with that marker up to date.

        `marker` must occur in `body`. Somebody else's comment with the marker is left alone; when we have several,
        the oldest stays and the others are deleted.
        """

    def react(self, comment_id: int, reaction: Reaction) -> None:
        """React to a comment once."""

    def delete(self, comment_id: int) -> None:
        """Delete a comment of ours; one that is gone will do."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that isn't a pull request."""

    number: int
    title: str
    body: str
    is_open: bool
    author: Account
    url: str
    labels: tuple[str, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """What to open; `marker` must occur in `body` and tells our issues apart."""

    marker: str
    title: str
    body: str
    labels: tuple[str, ...] = ()


class Issues(Protocol):
    """The issues of one repository. Writes may be repeated: a second time changes nothing more."""

    def get(self, number: int) -> Issue | None:
        """Return an issue as it is now; None for a pull request too."""

    def find(self, marker: str) -> Issue | None:
        """Return our oldest issue with that marker, open or closed."""

    def open(self, draft: IssueDraft) -> Issue:
        """Open an issue, or return ours with that marker, open or closed, as it is; its later twins are closed."""

    def edit(
        self,
        number: int,
        *,
        title: str | None = None,
        body: str | None = None,
        is_open: bool | None = None,
    ) -> Issue:
        """Replace title or body, close it or open it again."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label of the repository; `colour` is six hexadecimal digits."""

    name: str
    colour: str
    description: str = ""


class Labels(Protocol):
    """The labels of one repository, and those on a thread. Writes may be repeated."""

    def ensure(self, label: Label) -> None:
        """Create a label; one of that name is left as its owners have it."""

    def add(self, number: int, names: tuple[str, ...]) -> None:
        """Put labels on an issue or a pull request."""

    def remove(self, number: int, name: str) -> None:
        """Take a label off; one that isn't there will do."""
