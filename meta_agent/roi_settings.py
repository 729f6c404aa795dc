"""What a second, a success, a review and a rollback are worth to the user."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from meta_agent.errors import SettingsError

_REVIEW_MINUTES = {"LOW": 1.0, "MEDIUM": 5.0, "HIGH": 15.0}


@dataclass(frozen=True, slots=True)
class RoiSettings:
    """Prices the user sets; `runs_per_month` is `None` to take it from telemetry.

    Raises `SettingsError` for a price that is negative or no number.
    """

    value_per_success_usd: float = 0.05
    latency_usd_per_s: float = 0.001
    review_usd_per_hour: float = 60.0
    rollback_usd: float = 1.0
    runs_per_month: float | None = None
    review_minutes_by_tier: Mapping[str, float] = field(
        default_factory=lambda: dict(_REVIEW_MINUTES)
    )

    def __post_init__(self) -> None:
        for setting in fields(self):
            value = getattr(self, setting.name)
            prices = value.values() if isinstance(value, Mapping) else (value,)
            if any(price is not None and not 0 <= price < math.inf for price in prices):
                raise SettingsError(setting.name, "must be a finite number, 0 or more")

    def review_minutes(self, tier_name: str) -> float:
        """Return the minutes a person needs for a patch of that tier; an unknown tier takes the longest."""
        minutes = self.review_minutes_by_tier
        return minutes.get(tier_name, max(minutes.values(), default=0.0))
