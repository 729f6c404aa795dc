"""What a command is: a name, what may follow it, and a function that does what it says, as often as it is called."""

from collections.abc import Callable
from dataclasses import dataclass

from app.behaviours.workplace import Workplace
from app.forge import Comment, PullRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody who may write here asked for; `pull` is None in the thread of an issue.

    `arguments` are words of a person's: read them by a closed grammar, and never show or keep them as they are.
    """

    place: Workplace
    number: int
    comment: Comment
    pull: PullRequest | None
    arguments: tuple[str, ...]
    commands: tuple["Command", ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it was done, and what is to be said: anything for a command that tells, one line for a refusal."""

    is_accepted: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `usage` is what follows its name. `act` may be called again for the same comment."""

    name: str
    usage: str
    summary: str
    act: Callable[[Asked], Answer]

    @property
    def form(self) -> str:
        """How it is written."""
        return f"/flujo {self.name} {self.usage}".strip()


ACCEPTED = Answer(True)


def refuse(line: str) -> Answer:
    """Return a refusal; `line` is ours, says what to do, and holds no data."""
    return Answer(False, line)
