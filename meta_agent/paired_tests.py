"""Tests of paired runs: is the patched version better, is it worse, can it at least be no worse, and by how much."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meta_agent.roi import RunOutcome
from meta_agent.roi_settings import RoiSettings

Floats = NDArray[np.float64]

_NORMAL = NormalDist()
_ONE_SIDED_95: Final = 1.645
_BLOCK = 1_000_000
"""Numbers drawn at once: eight megabytes."""


def value_of(outcome: RunOutcome, roi: RoiSettings) -> float:
    """Return what one run is worth in USD: the value of success less its cost and the price of its latency."""
    worth = roi.value_per_success_usd if outcome.succeeded else 0.0
    return worth - outcome.cost_usd - roi.latency_usd_per_s * outcome.latency_s


def sign_test(wins: int, losses: int) -> float:
    """Return the exact one-sided p-value of at least `wins` wins among the discordant pairs, if both were as likely."""
    total = wins + losses
    return sum(math.comb(total, k) for k in range(wins, total + 1)) / 2**total if total else 1.0


def success_loss_bound(losses: int, wins: int, pairs: int) -> float:
    """Return the one-sided 95 % upper bound of the share of runs lost net (paired Wald with a pseudo-count each)."""
    lost, spread = _net_loss(losses, wins, pairs)
    return lost + _ONE_SIDED_95 * spread


def inferiority_test(losses: int, wins: int, pairs: int, *, margin: float) -> float:
    """Return the p-value of "at least a share `margin` of the runs is lost net"; small means not worse."""
    lost, spread = _net_loss(losses, wins, pairs)
    return _NORMAL.cdf((lost - margin) / spread)


def _net_loss(losses: int, wins: int, pairs: int) -> tuple[float, float]:
    n = pairs + 2
    lost, won = (losses + 0.5) / n, (wins + 0.5) / n
    return lost - won, math.sqrt(max(1e-12, lost + won - (lost - won) ** 2) / n)


def bootstrap_means(values: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """Draw the means of as many samples, with replacement, of the paired differences."""
    return np.concatenate(
        [
            values[rng.integers(0, len(values), size=(size, len(values)))].mean(axis=1)
            for size in _split(resamples, len(values))
        ]
    )


def flip_test(values: Floats, resamples: int, rng: np.random.Generator) -> float:
    """Return the one-sided p-value of "the patch does nothing" for paired differences whose mean is to be above zero.

    If it does nothing, base and head could be exchanged in every pair: so signs are flipped at random, and counted is
    how often the mean gets as high (Fisher 1935). A count can't be finer than the number of flips; beyond it
    Hoeffding's bound on such sums is taken, if that is smaller. Differences that are all zero say nothing: 1.
    """
    told = values[values != 0]
    if not len(told):
        return 1.0
    total = float(told.sum())
    blocks = _split(resamples, len(told))
    as_high = sum(
        int(np.count_nonzero(_flip(told, size, rng) >= total - 1e-12 * abs(total)))
        for size in blocks
    )
    share = (as_high + 1) / (resamples + 1)
    if as_high or total <= 0:
        return share
    return min(share, math.exp(-(total**2) / (2 * float(told @ told))))


def _flip(values: Floats, count: int, rng: np.random.Generator) -> Floats:
    signs = rng.integers(0, 2, size=(count, len(values)), dtype=np.int8) * 2 - 1
    sums: Floats = signs @ values
    return sums


def _split(resamples: int, width: int) -> list[int]:
    """Return how many resamples to draw at a time."""
    blocks = math.ceil(resamples * width / _BLOCK)
    return [len(block) for block in np.array_split(np.arange(resamples), blocks)]


def either(*p_values: float) -> float:
    """Return the p-value of a claim that any one of these tests may make (Bonferroni)."""
    return min(1.0, len(p_values) * min(p_values))


def correct_for_many(p_values: Sequence[float]) -> list[float]:
    """Return each p-value as it counts among all of them (Benjamini, Hochberg 1995), in order.

    To claim what is at `q` or below keeps the expected share of false claims at `q` at most.
    """
    count = len(p_values)
    corrected = [1.0] * count
    smallest = 1.0
    for rank, index in sorted(
        enumerate(sorted(range(count), key=lambda index: p_values[index]), start=1), reverse=True
    ):
        smallest = min(smallest, max(p_values[index], p_values[index] * count / rank))
        corrected[index] = smallest
    return corrected
