"""What a behaviour works with: one repository on GitHub, its rows, its settings, and the time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.errors import SettingsError
from app.forge import Forge
from app.jobs.handlers import Later
from app.ports import Branch, CodeHost
from app.settings import Settings
from app.store import Repository, Store
from app.use_cases.find_candidates import AskModel
from app.use_cases.standing import why_not_write
from workflow import Recording


@dataclass(frozen=True, slots=True)
class Means:
    """What a sweep may use besides telemetry; by default nothing.

    `open_ask_model` opens a model that may cost so many US dollars in all; `read_recordings` finds a repository's.
    """

    open_ask_model: Callable[[float], AskModel] | None = None
    read_recordings: Callable[[Repository], Sequence[Recording]] = lambda _: ()


NO_MEANS: Final = Means()


@dataclass(frozen=True, slots=True)
class Workplace:
    """One repository, as a behaviour finds it; `store` sees that repository's rows only.

    `settings` are those of its default branch, or the last good ones where those can't be read: `settings_error` says
    why. `default` is that branch as it was then, None for a repository without commits or one we may not work on.
    """

    forge: Forge
    store: Store
    repository: Repository
    settings: Settings
    now: datetime
    settings_error: SettingsError | None = None
    default: Branch | None = None
    means: Means = NO_MEANS
    is_stopped: bool = False
    """Whether the server's environment stops all writing."""

    def why_not_write(self, *labels: str) -> str | None:
        """Return why nothing may be written here now, None when it may; `labels` are those of what would be changed."""
        return why_not_write(
            self.store,
            self.repository.id,
            self.settings,
            now=self.now,
            is_stopped=self.is_stopped,
            labels=labels,
        )

    @property
    def code(self) -> CodeHost:
        """Files, commits and branches."""
        return self.forge.code


Behaviour = Callable[[Workplace, str], Later | None]
"""Brings one thing up to date, named by the key of its work; see `app.jobs.handlers.Handler` for what it must bear."""
