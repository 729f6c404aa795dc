"""How often something happens, as far as so many tries can tell."""

import math

_TWO_SIDED_95 = 1.959963984540054


def rate_interval(hits: int, tries: int, *, z: float = _TWO_SIDED_95) -> tuple[float, float]:
    """Return an interval of a rate (Wilson 1927), of 95 % unless `z` says otherwise; (0, 1) without tries."""
    if not tries:
        return 0.0, 1.0
    rate = hits / tries
    centre = rate + z * z / (2 * tries)
    spread = z * math.sqrt(rate * (1 - rate) / tries + z * z / (4 * tries * tries))
    scale = 1 + z * z / tries
    # Exact at the ends, where the roots nearly cancel.
    low = (centre - spread) / scale if hits else 0.0
    high = (centre + spread) / scale if hits < tries else 1.0
    return low, high
