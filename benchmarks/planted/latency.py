"""How long calls take: mixtures of shapes with light and heavy tails, none of them fitted by anybody."""

import math
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.planted.chance import Chance


class Shape(StrEnum):
    """The family of the bulk."""

    LOG_NORMAL = "log-normal"
    WEIBULL = "weibull"
    TWO_SPEEDS = "two speeds"
    SHIFTED = "a floor, then exponential"


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of one attempt: a bulk of this shape, and with `tail_share` a Pareto tail that begins at its median.

    With probability `hang` a call hangs for `hang_s`.
    """

    shape: Shape
    median_s: float
    spread: float
    tail_share: float = 0.0
    tail_index: float = 2.5
    hang: float = 0.0
    hang_s: float = 600.0

    def draw_s(self, chance: Chance, first: int) -> float:
        """Return the seconds of an attempt; it uses four draws from number `first` on."""
        if chance.uniform(first) < self.hang:
            return self.hang_s * (0.5 + chance.uniform(first + 1))
        bulk_s = self._bulk_s(chance, first + 1)
        lot = chance.uniform(first + 3)
        if lot >= self.tail_share:
            return bulk_s
        return bulk_s + self.median_s * float((lot / self.tail_share) ** (-1 / self.tail_index))

    def _bulk_s(self, chance: Chance, first: int) -> float:
        match self.shape:
            case Shape.LOG_NORMAL:
                return chance.log_normal(first, self.median_s, self.spread)
            case Shape.WEIBULL:
                power = 1 / max(0.6, 1.6 - self.spread)
                return self.median_s * float((-math.log2(chance.uniform(first))) ** power)
            case Shape.TWO_SPEEDS:
                slow = 3.5 if chance.uniform(first + 1) < 0.2 else 1.0
                return chance.log_normal(first, slow * self.median_s, self.spread / 2)
            case Shape.SHIFTED:
                return self.median_s * (0.6 - 0.577 * math.log(chance.uniform(first)))
