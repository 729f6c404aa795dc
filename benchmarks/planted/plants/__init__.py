"""What can be planted, one class a file: the inefficiency, and the trap that looks like it."""

from benchmarks.planted.plants.listing import PLANTERS, TRAPPERS

__all__ = ["PLANTERS", "TRAPPERS"]
