"""Shadow staging: a medium-risk change is replayed on every new recorded run before it may be applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

_Hours = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ShadowSettings(BaseModel):
    """How long a change is shadowed: `min_runs` and `min_hours`, whichever is later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_runs: StrictInt = Field(default=30, ge=5)
    min_hours: _Hours = Field(default=24.0, ge=24.0)
    max_hours: _Hours = 168.0
    """After this long without enough runs, it stays a proposal for a person."""

    @model_validator(mode="after")
    def _hours_make_a_range(self) -> Self:
        if self.min_hours > self.max_hours:
            raise ValueError("min_hours is greater than max_hours")
        return self


@dataclass(frozen=True, slots=True)
class ShadowedRun:
    """A new recorded run, replayed through the version before and the one after; None: the replay can't tell.

    `recorded_at` is when the run itself ended: only what happened after the staging began counts.
    """

    recorded_at: datetime
    base_failed: bool | None
    head_failed: bool | None


class ShadowVerdict(StrEnum):
    """What to do with a staged change: apply it, go on, leave it to a person, or drop it."""

    READY = "ready"
    WAIT = "wait"
    HOLD = "hold"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class ShadowDecision:
    """A verdict and why, in a sentence for a person."""

    verdict: ShadowVerdict
    reason: str


def judge_shadow(
    runs: Sequence[ShadowedRun],
    *,
    staged_at: datetime,
    now: datetime,
    settings: ShadowSettings | None = None,
) -> ShadowDecision:
    """Decide by the runs replayed so far; one new error drops the change, and what can't be told counts for nothing."""
    settings = settings or ShadowSettings()
    fresh = [run for run in runs if staged_at < run.recorded_at <= now]
    told = [run for run in fresh if run.base_failed is not None and run.head_failed is not None]
    broken = sum(bool(run.head_failed) and not run.base_failed for run in told)
    if broken:
        reason = f"{broken} of {len(told)} replayed runs fail that didn't before"
        return ShadowDecision(ShadowVerdict.DROP, reason)
    hours = (now - staged_at) / timedelta(hours=1)
    if len(told) >= settings.min_runs and hours >= settings.min_hours:
        reason = f"{len(told)} replayed runs in {hours:.0f} h, and none fails that didn't before"
        return ShadowDecision(ShadowVerdict.READY, reason)
    counted = f"{len(told)} of {settings.min_runs} runs and {max(0.0, hours):.0f} of {settings.min_hours:.0f} h"
    if hours < settings.max_hours:
        return ShadowDecision(ShadowVerdict.WAIT, f"{counted} so far")
    unclear = len(fresh) - len(told)
    rest = f"; {unclear} more could not be replayed" if unclear else ""
    return ShadowDecision(ShadowVerdict.HOLD, f"only {counted}{rest}; it is for a person to judge")
