"""What moving a rollout on takes, and what comes of it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.forge import Forge
from app.ports import RunTests
from app.settings import Settings
from app.use_cases.landings import World
from telemetry import Run
from trust_tiers import RolloutState, ShadowedRun
from workflow import Workflow

FindRuns = Callable[[str, datetime], Sequence[Run]]
"""Returns the runs of a version, by its hash, that started at that instant or later; in any order."""

Shadow = Callable[[Workflow, Workflow, datetime], Sequence[ShadowedRun]]
"""Replays what was recorded since an instant through two versions of a spec."""


@dataclass(frozen=True, slots=True)
class RolloutWorld:
    """A repository, what is known of its runs, and who tests: `forge` on GitHub, `open_tests` in a local repository.

    Without `find_runs` nobody looks at bake-ins, without `shadow` nothing was recorded. `why_not` tells why nothing may
    be written now, given the labels of what would be changed. `our_app_id` is that of the App itself, whose own checks
    prove nothing.
    """

    world: World
    settings: Settings
    find_runs: FindRuns | None
    forge: Forge | None = None
    open_tests: Callable[[str], RunTests] | None = None
    why_not: Callable[[Collection[str]], str | None] = lambda _: None
    shadow: Shadow | None = None
    our_app_id: int | None = None

    @property
    def now(self) -> datetime:
        """The time."""
        return self.world.now


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a rollout stands, why, and when to look again; None: only when something happens."""

    state: RolloutState
    reason: str = ""
    next_at: datetime | None = None
