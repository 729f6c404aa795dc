"""The outcome of judging a patch: a tier of risk, with reasons."""

from dataclasses import dataclass
from enum import IntEnum


class RiskTier(IntEnum):
    """Class of risk; ordered, so that the riskiest change decides: `max(tiers)`."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True, slots=True)
class Decision:
    """A tier and why; `steps` are the `step_id`s the patch touches, in document order."""

    tier: RiskTier
    reasons: tuple[str, ...]
    steps: tuple[str, ...] = ()
