"""Runs set aside: nothing is found in them and no parameter is fitted to them, so a verdict on them is about new runs.

Which runs is decided by a hash of their ids alone: the same ones in every sweep, whoever asks, in whatever order. Each
set of patches judged on them uses the hold-out up a little, because what is proposed next may depend on the verdicts;
so uses are counted, shown, and limited.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HELD_OUT_SHARE: Final = 0.2
MAX_USES: Final = 20
"""Sweeps that may judge new patches of one version on the same hold-out."""

_SALT = b"flujo/hold-out/1/"
_SCALE = 2**64


@dataclass(frozen=True, slots=True)
class HoldOut:
    """Whether runs of a version are set aside, and how often patches were judged on them, this time included."""

    is_kept: bool = False
    uses: int = 1
    max_uses: int = MAX_USES

    @property
    def is_spent(self) -> bool:
        """Whether it was asked too often for an answer to mean what it says."""
        return self.is_kept and self.uses > self.max_uses


def set_aside(run_ids: Iterable[str], *, at_least: int, uses: int = 1) -> HoldOut:
    """Keep a hold-out where at least so many of the recorded runs fall into it; with fewer all runs serve for all."""
    kept = sum(map(is_held_out, run_ids)) >= at_least
    return HoldOut(kept, uses)


def is_held_out(run_id: str) -> bool:
    """Whether a run belongs to the fifth that is set aside."""
    return rank_of(run_id) < HELD_OUT_SHARE


def rank_of(run_id: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the id: held-out runs have the lowest."""
    digest = hashlib.sha256(_SALT + run_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") / _SCALE
