"""Looking before the end: after how many pairs a replay may stop, and what the looks cost the final answer.

Whoever looks often and stops when it suits finds what he wants. So an early look claims "better" only beyond a far
boundary (Haybittle 1971, Peto 1976), and its p-value counts a hundredfold, the final one a little more: by the union
bound all looks together are wrong no more often than one.
"""

from collections.abc import Iterator
from typing import Final

FIRST_LOOK: Final = 250
CLEAR: Final = 1e-3
"""The p-value, charged for looking, at which an early look may stop for "better"."""
HOPELESS: Final = 1e-3
"""The p-value at which an early look may stop for "worse": that way the error is on the safe side."""

_WEIGHT = 0.01


def plan_looks(pairs: int) -> Iterator[int]:
    """Return after how many pairs to look: 250, 500, 1,000 …, and at the end."""
    look = FIRST_LOOK
    while look < pairs:
        yield look
        look *= 2
    yield pairs


def charge_for_looking(p_value: float, look: int, pairs: int) -> float:
    """Return a p-value found after `look` of `pairs` pairs as it counts beside the other looks."""
    early = sum(1 for planned in plan_looks(pairs) if planned < pairs)
    weight = _WEIGHT if look < pairs else 1 - _WEIGHT * early
    return min(1.0, p_value / weight)
