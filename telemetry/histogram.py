"""Latency distributions that can be merged: logarithmic buckets, at most 1 % relative error.

The bucket rule is DDSketch's (Masson, Rim, Lee, VLDB 2019): value v falls into bucket ceil(log_γ v) with
γ = (1 + α) / (1 − α), and a bucket answers with the point that is within α of both its ends.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

RELATIVE_ERROR: Final = 0.01

_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
LOG_GAMMA = math.log(_GAMMA)
_MIDPOINT = 2 / (1 + _GAMMA)
SMALLEST_MS = 1e-6
"""A nanosecond: what is shorter counts as zero."""


@dataclass(frozen=True, slots=True)
class LatencyHistogram:
    """How often which latency was seen: `buckets` maps a bucket's number to its count, `zeros` had no duration."""

    buckets: Mapping[int, int] = field(default_factory=dict)
    zeros: int = 0

    @classmethod
    def of(cls, latencies_ms: Iterable[float]) -> "LatencyHistogram":
        """Return the histogram of latencies ≥ 0."""
        buckets: Counter[int] = Counter()
        zeros = 0
        for latency_ms in latencies_ms:
            if latency_ms < SMALLEST_MS:
                zeros += 1
            else:
                buckets[math.ceil(math.log(latency_ms) / LOG_GAMMA)] += 1
        return cls(dict(buckets), zeros)

    @property
    def count(self) -> int:
        """How many latencies went in."""
        return self.zeros + sum(self.buckets.values())

    def merge(self, other: "LatencyHistogram") -> "LatencyHistogram":
        """Return the histogram of both samples together: exactly the one of their concatenation."""
        buckets = dict(self.buckets)
        for bucket, count in other.buckets.items():
            buckets[bucket] = buckets.get(bucket, 0) + count
        return LatencyHistogram(buckets, self.zeros + other.zeros)

    def quantile_ms(self, q: float) -> float | None:
        """Return the sample's lower `q`-quantile (0 ≤ q ≤ 1) within 1 %, `None` of an empty sample."""
        count = self.count
        if not count:
            return None
        rank = math.floor(q * (count - 1))
        seen = self.zeros
        if rank < seen:
            return 0.0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if rank < seen:
                return _MIDPOINT * math.exp(bucket * LOG_GAMMA)
        raise AssertionError("a rank below the count lies in some bucket")
