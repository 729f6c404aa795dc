"""How long a change bakes, how much worse it may do, and how often a harmless one may be taken back by mistake."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from trust_tiers.baking.guard import Guard

_Hours = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Ratio = Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)]

GUARD_SHARES = {Guard.FAILURES: 0.5, Guard.COST: 0.25, Guard.LATENCY: 0.25}
"""How `alpha` is divided."""

BASELINE_SHARE = 0.2
"""The part of a guard's risk that pays for not knowing exactly how the version before did."""


class BakeSettings(BaseModel):
    """Bounds of a bake-in; it ends after `min_runs` and `min_hours`, whichever is later."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(default=0.05, gt=0, le=0.2)
    """The chance that a change which does no worse is taken back, whenever and however often one looks."""
    min_runs: StrictInt = Field(default=100, ge=1)
    min_hours: _Hours = 24.0
    max_hours: _Hours = 168.0
    """After this long without enough runs, a person decides."""
    max_silence_hours: _Hours = 24.0
    """After this long without any run, a person decides."""
    max_failure_rise: float = Field(default=0.02, ge=0, le=0.5)
    """The share of all runs that may fail more than before."""
    max_cost_ratio: _Ratio = 1.1
    """How many times its cost before a run may cost."""
    max_latency_ratio: _Ratio = 1.1

    @model_validator(mode="after")
    def _hours_make_a_range(self) -> Self:
        if self.min_hours > self.max_hours:
            raise ValueError("min_hours is greater than max_hours")
        return self
