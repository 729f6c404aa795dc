"""What is watched while a change bakes."""

from enum import StrEnum


class Guard(StrEnum):
    """One way in which a change may do worse; each has its own share of the risk of a false alarm."""

    FAILURES = "failures"
    COST = "cost"
    LATENCY = "latency"
