"""Betting against the claim that a change does no harm: whoever gets rich is right (Waudby-Smith and Ramdas 2024).

A score of a run lies between 0 and 1; if the change does no harm, its mean is at most `mean`. Then a stake that is
multiplied by `1 + slope · (score − mean)` after every run doesn't grow on average, whatever came before, so the chance
that it *ever* reaches 1/α is at most α (Ville 1939). That holds at every look, hence there is no schedule of looks.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ODDS = (1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
"""The rises of the odds that are bet on, with an equal part of the stake each."""


@dataclass(frozen=True, slots=True)
class Bet:
    """What is staked on a score: one slope for each of `ODDS`, 0 where the baseline is too vague to bet on."""

    mean: float
    slopes: tuple[float, ...]


def place_bet(expected: float, mean: float) -> Bet:
    """Bet that the odds of a score have risen from `expected`, against a mean of at most `mean`."""
    return Bet(mean, tuple(_slope(raise_odds(expected, odds), mean) for odds in ODDS))


def raise_odds(rate: float, odds: float) -> float:
    """Return the rate whose odds are so many times those of `rate`."""
    return odds * rate / (1 - rate + odds * rate)


def settle(wealth: Sequence[float], bet: Bet, score: float) -> tuple[float, ...]:
    """Return the logarithms of the stakes after one more score; slopes are such that no stake is ever lost entirely."""
    gap = score - bet.mean
    return tuple(
        stake + math.log1p(slope * gap) if slope else stake
        for stake, slope in zip(wealth, bet.slopes, strict=True)
    )


def log_mean(wealth: Iterable[float]) -> float:
    """Return the logarithm of the mean of stakes that are given as logarithms."""
    stakes = list(wealth)
    most = max(stakes)
    return most + math.log(math.fsum(math.exp(stake - most) for stake in stakes) / len(stakes))


def _slope(alternative: float, mean: float) -> float:
    """Return the slope with the fastest growth if the score is 0 or 1 and its mean the alternative's."""
    return (alternative - mean) / (mean * (1 - mean)) if alternative > mean else 0.0
