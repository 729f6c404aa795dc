"""How often a test passes, as far as its runs can tell."""

import math

_TWO_SIDED_95 = 1.959963984540054


def pass_rate_interval(passes: int, runs: int) -> tuple[float, float]:
    """Return the 95 % interval of the rate (Wilson 1927); (0, 1) without runs."""
    if not runs:
        return 0.0, 1.0
    z = _TWO_SIDED_95
    rate = passes / runs
    centre = rate + z * z / (2 * runs)
    spread = z * math.sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    scale = 1 + z * z / runs
    # Exact at the ends, where the roots nearly cancel.
    low = (centre - spread) / scale if passes else 0.0
    high = (centre + spread) / scale if passes < runs else 1.0
    return low, high
