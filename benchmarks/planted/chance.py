"""Chance by name: the same run, step, visit and attempt has the same luck whatever else happens.

Two versions of a workflow that run through the same runs differ by what was changed alone (common random numbers), and
a step that moves to another place takes its luck along.
"""

import math
from statistics import NormalDist
from zlib import crc32

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_UNIT = 2.0**-53
_NORMAL = NormalDist()


def mix(value: int) -> int:
    """Scramble 64 bits (the finaliser of splitmix64, Steele, Lea & Flood 2014)."""
    value = (value + _GOLDEN) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def key_of(*parts: int | str) -> int:
    """Return one key for all parts, in their order."""
    key = 0
    for part in parts:
        number = crc32(part.encode()) if isinstance(part, str) else part
        key = mix(key ^ (number & _MASK))
    return key


class Chance:
    """The draws of one key; each has a number, so that one more draw shifts no other."""

    __slots__ = ("_key",)

    def __init__(self, key: int) -> None:
        self._key = key

    def bits(self, number: int) -> int:
        """Return 64 random bits."""
        return mix(self._key + number * _GOLDEN)

    def uniform(self, number: int) -> float:
        """Return a draw between 0 and 1, neither of them."""
        return ((self.bits(number) >> 11) + 0.5) * _UNIT

    def normal(self, number: int) -> float:
        """Return a standard normal draw."""
        return _NORMAL.inv_cdf(self.uniform(number))

    def log_normal(self, number: int, median: float, sigma: float) -> float:
        """Return a draw whose logarithm is normal."""
        return median * math.exp(sigma * self.normal(number))
