"""What patches of a class usually do, before any of this one's runs are looked at.

The unit is the share of a run's loss that a patch takes away; a run's loss is its cost, plus its waiting at the price
of latency, plus the value of a success where it failed. 1 would make runs free, instant and always right; below 0 is
harm. The figures are judgements, deliberately wide: thirty pairs of a usual workflow outweigh them. They exist so
that a lucky handful of runs doesn't top the ranking, and are to be replaced by the ledger's own record of each class.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Prior:
    """Mean and standard deviation of the relative effect."""

    mean: float
    sd: float


PRIORS: Final[dict[str, Prior]] = {
    "retries": Prior(0.30, 0.40),
    "timeout_add": Prior(0.03, 0.20),
    "timeout_down": Prior(0.03, 0.20),
    "timeout_up": Prior(0.03, 0.20),
    "model_swap": Prior(0.05, 0.50),
    "token_cap": Prior(0.02, 0.15),
    "retries_down": Prior(0.01, 0.10),
    "fallback_first": Prior(0.10, 0.30),
    "revert": Prior(0.0, 0.50),
    "validators": Prior(0.05, 0.25),
    "validator_order": Prior(0.03, 0.15),
    "validator_removal": Prior(0.02, 0.20),
    "at_once": Prior(0.10, 0.25),
    "cache": Prior(0.10, 0.25),
    "fewer_rounds": Prior(0.10, 0.30),
    "removal": Prior(0.05, 0.20),
    "documentation": Prior(0.0, 0.01),
}

UNKNOWN_CLASS: Final = Prior(0.0, 0.30)
"""Nothing is expected of a class nobody has described."""


def prior_of(patch_class: str) -> Prior:
    """Return the prior of a class, `UNKNOWN_CLASS` for one not listed."""
    return PRIORS.get(patch_class, UNKNOWN_CLASS)
