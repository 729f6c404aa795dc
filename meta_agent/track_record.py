"""What became of earlier predictions, and what the next ones learn from it: priors, wider intervals, rollback rates."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from meta_agent.priors import Prior, prior_of
from meta_agent.statistics import wilson_bounds

LEVEL: Final = 0.90
P_ROLLBACK: Final = 0.05
"""Assumed until a class of patches has a record of its own."""

_MIN_READINGS = 9
"""The smallest sample whose conformal 90 % quantile is one of its values."""
_WIDEST = 5.0
_PRIOR_READINGS = 4.0
"""The prior of a class weighs as much as so many readings of the ledger."""
_PRIOR_APPLICATIONS = 20.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A prediction beside what came of it, net USD a month.

    `relative_effect` is the share of a run's loss that the patch took away, `None` where nobody kept what it was.
    """

    patch_class: str
    low: float
    mid: float
    high: float
    realised: float
    relative_effect: float | None = None

    @property
    def is_inside(self) -> bool:
        """Whether the interval held."""
        return self.low <= self.realised <= self.high

    @property
    def stretch(self) -> float:
        """How many times its half of the interval the realised value is away from the middle: 1 is the edge."""
        off = self.realised - self.mid
        half = self.high - self.mid if off > 0 else self.mid - self.low
        if off == 0:
            return 0.0
        return abs(off) / half if half > 0 else math.inf


@dataclass(frozen=True, slots=True)
class Applications:
    """How many patches of a class were applied, and how many of them taken back."""

    applied: int = 0
    reverted: int = 0


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """The last reading of every measured patch, oldest first, and all applications by patch class."""

    readings: tuple[Reading, ...] = ()
    applications: Mapping[str, Applications] = field(default_factory=dict)

    @property
    def held(self) -> int:
        """How many intervals held."""
        return sum(reading.is_inside for reading in self.readings)

    @property
    def coverage_bounds(self) -> tuple[float, float]:
        """The 90 % Wilson interval of the share of intervals that hold; (0, 1) without readings."""
        return wilson_bounds(self.held, len(self.readings))

    @property
    def bias(self) -> float | None:
        """Realised over predicted, in sum: below 1 the predictions promise too much; `None` without a sum."""
        predicted = sum(reading.mid for reading in self.readings)
        realised = sum(reading.realised for reading in self.readings)
        return realised / predicted if predicted else None

    def of_class(self, patch_class: str) -> tuple[Reading, ...]:
        """Return the readings of one class."""
        return tuple(one for one in self.readings if one.patch_class == patch_class)

    def widening(self, patch_class: str) -> float:
        """Return by how much the next interval must be wider for nine in ten to hold (split conformal prediction).

        From the class's own readings where there are nine, else from all; never narrower, at most five times.
        """
        own = self.of_class(patch_class)
        readings = own if len(own) >= _MIN_READINGS else self.readings
        if len(readings) < _MIN_READINGS:
            return 1.0
        stretches = sorted(reading.stretch for reading in readings)
        rank = math.ceil((len(stretches) + 1) * LEVEL)
        return min(_WIDEST, max(1.0, stretches[min(rank, len(stretches)) - 1]))

    def prior(self, patch_class: str) -> Prior:
        """Return what patches of a class usually bring: the prior, moved by what the ledger has read of them."""
        prior = prior_of(patch_class)
        effects = [
            one.relative_effect
            for one in self.of_class(patch_class)
            if one.relative_effect is not None
        ]
        if not effects:
            return prior
        weight = _PRIOR_READINGS + len(effects)
        mean = (_PRIOR_READINGS * prior.mean + sum(effects)) / weight
        squares = _PRIOR_READINGS * (prior.sd**2 + (prior.mean - mean) ** 2)
        squares += sum((effect - mean) ** 2 for effect in effects)
        return Prior(mean, math.sqrt(squares / weight))

    def p_rollback(self, patch_class: str) -> float:
        """Return how likely a patch of this class is taken back: one in twenty, moved by what happened."""
        done = self.applications.get(patch_class, Applications())
        assumed = P_ROLLBACK * _PRIOR_APPLICATIONS
        return (assumed + done.reverted) / (_PRIOR_APPLICATIONS + done.applied)


NO_RECORD: Final = TrackRecord()


def list_classes(record: TrackRecord) -> Sequence[str]:
    """Return the classes that something is known of, by name."""
    return sorted({one.patch_class for one in record.readings} | record.applications.keys())
