"""What befalls a provider over time: incidents, in which calls of all its steps fail together, and busy hours."""

import math
from dataclasses import dataclass

from benchmarks.planted.chance import Chance, key_of

_BLOCK = 20
"""Runs that share the weather: an incident lasts this long or a multiple of it."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Incidents take `share` of the time and multiply failures by `severity`; calm times are the better for it."""

    seed: int
    share: float
    severity: float

    def factor(self, provider: str, run: int) -> float:
        """Return by how much the provider's rate of failures differs from its mean during this run."""
        calm = 1 / (1 + self.share * (self.severity - 1))
        return calm * self.severity if self._is_incident(provider, run) else calm

    def slowness(self, run: int) -> float:
        """Return by how much calls take longer than usual: work days have hours."""
        return 1 + 0.15 * math.sin(run / 97 + self.seed % 7)

    def _is_incident(self, provider: str, run: int) -> bool:
        block = run // _BLOCK
        return any(self._begins(provider, block - age) > age for age in range(3))

    def _begins(self, provider: str, block: int) -> int:
        """Return how many blocks an incident that begins in this one lasts; 0 where none begins."""
        chance = Chance(key_of(self.seed, provider, block))
        begins = chance.uniform(0) < self.share / 1.5
        return (1 if chance.uniform(1) < 0.6 else 2 + (chance.uniform(2) < 0.25)) if begins else 0
