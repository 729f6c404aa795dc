"""What a handler is: one idempotent step for one key, chosen by the kind of the work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """Whom a step is for, and when it is made; `store` sees that repository's rows only."""

    store: Store
    installation_id: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Later:
    """The step can't be made yet, through nobody's fault: a limit, or something that isn't there yet."""

    not_before: datetime
    reason: str


Handler = Callable[[Context, str], Later | None]
"""Makes one step for a key, after reading anew how things stand; raising counts as a failed attempt.

It may be called again for what it has done, and after a process died in the middle of it.
"""

Handlers = Mapping[str, Handler]
"""The handlers by the kind of work; work of other kinds waits for a version that knows it."""
