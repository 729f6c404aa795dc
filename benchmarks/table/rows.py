"""Prints the rows of a benchmark: the figure, its target, whether it is within, and its ratio to a reference."""

import os
from collections.abc import Sequence


def print_load() -> None:
    """Say how busy the machine is: on one that is, ratios say more than figures."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    busy = "" if load < cores else "; busy, so times are longer than they would be"
    print(f"load {load:.1f} on {cores} cores{busy}", flush=True)


def print_row(
    name: str,
    figure: float,
    unit: str,
    *,
    target: float | None = None,
    at_least: float | None = None,
    reference: float | None = None,
    of: str = "",
) -> None:
    """Print one row; `reference` is another figure of the same run, `of` says which."""
    judged = ""
    if target is not None:
        judged = f"target ≤ {target:g} {unit}: {'within' if figure <= target else 'over'}"
    if at_least is not None:
        judged = f"target ≥ {at_least:,.0f}: {'reached' if figure >= at_least else 'missed'}"
    ratio = f"{figure / reference:,.2f} × {of}" if reference else ""
    print(f"{name:<44} {figure:>10,.2f} {unit:<8} {judged:<28} {ratio}".rstrip(), flush=True)


def print_missing(name: str, packages: Sequence[str]) -> None:
    """Print the row of a peer that isn't there."""
    print(f"{name:<44} not installed: {', '.join(packages)}", flush=True)
