"""Figures over many worlds, each with its N and a 95 % interval.

Shares have Wilson's interval over their items; everything else is resampled world by world, because what was read in
one world isn't independent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.planted.reading import Judged, Reading
from workflow import rate_interval

_RESAMPLES = 400
_SMALLEST_USD = 1.0
"""Predictions and readings below this a month have no sensible ratio."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of `count` items with its 95 % interval; `value` is None where there is none."""

    value: float | None
    low: float = 0.0
    high: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the report: what it is called, how it is worked out, and what is wanted of it."""

    name: str
    work_out: Callable[[Sequence[Reading]], Figure]
    wanted: str = ""
    is_share: bool = True


def share_of(hits: Iterable[bool]) -> Figure:
    """Return how often it was so."""
    found = list(hits)
    if not found:
        return Figure(None)
    low, high = rate_interval(sum(found), len(found))
    return Figure(sum(found) / len(found), low, high, len(found))


def _resampled(
    readings: Sequence[Reading],
    pick: Callable[[Reading], Sequence[tuple[float, float]]],
    reduce: Callable[[np.ndarray], float],
) -> Figure:
    """Reduce the pairs of all worlds to one number, and do it again for worlds drawn anew."""
    by_world = [pairs for pairs in (pick(reading) for reading in readings) if pairs]
    count = sum(map(len, by_world))
    if not count:
        return Figure(None)
    rng = np.random.default_rng(count)
    blocks = [np.asarray(pairs, dtype=float) for pairs in by_world]
    drawn = [
        reduce(np.concatenate([blocks[i] for i in rng.integers(0, len(blocks), len(blocks))]))
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(reduce(np.concatenate(blocks)), float(low), float(high), count)


def precision_at(first: int) -> Callable[[Sequence[Reading]], Figure]:
    """Return how to work out the share of the first so many recommendations that truly pay."""

    def work_out(readings: Sequence[Reading]) -> Figure:
        return share_of(one.is_worthwhile for reading in readings for one in reading.judged[:first])

    return work_out


def recall(readings: Sequence[Reading]) -> Figure:
    """Share of the plants worth curing for which a cure is recommended."""
    return share_of(cured.found for reading in readings for cured in reading.cured)


def recall_of_value(readings: Sequence[Reading]) -> Figure:
    """Share of the money in those plants."""
    return _resampled(
        readings,
        lambda reading: [(one.true_net * one.found, one.true_net) for one in reading.cured],
        _ratio_of_sums,
    )


def exact_rate(readings: Sequence[Reading]) -> Figure:
    """Share of the recommendations that take a plant and bring nine tenths of the best parameter."""
    return share_of(
        bool(one.is_exact)
        for reading in readings
        for one in reading.judged
        if one.is_exact is not None
    )


def kendall_tau(readings: Sequence[Reading]) -> Figure:
    """Concordant less discordant pairs of recommendations, of all pairs within a world (true net a review minute)."""
    return _resampled(readings, _list_concordances, lambda pairs: float(pairs[:, 0].mean()))


def coverage(readings: Sequence[Reading]) -> Figure:
    """Share of the 90 % intervals that hold what a ledger would read."""
    return share_of(one.holds for one in _list_predicted(readings) if one.holds is not None)


def coverage_of_truth(readings: Sequence[Reading]) -> Figure:
    """Share of the 90 % intervals that hold the true mean; they are made for a ledger's reading, which is wider."""
    return share_of(
        one.low <= one.true_net <= one.high
        for one in _list_predicted(readings)
        if one.low is not None and one.high is not None and one.true_net is not None
    )


def median_error(readings: Sequence[Reading]) -> Figure:
    """Median of |predicted − realised| / |realised|."""
    return _resampled(
        readings,
        lambda reading: [pair for pair in _list_pairs(reading) if abs(pair[1]) >= _SMALLEST_USD],
        lambda pairs: float(np.median(np.abs(pairs[:, 0] - pairs[:, 1]) / np.abs(pairs[:, 1]))),
    )


def realised_over_predicted(readings: Sequence[Reading]) -> Figure:
    """Sum of what ledgers would read, over the sum of what was predicted."""
    return _resampled(
        readings,
        lambda reading: [(real, said) for said, real in _list_pairs(reading)],
        _ratio_of_sums,
    )


def harm_rate(readings: Sequence[Reading]) -> Figure:
    """Share of the recommendations that are surely worse than changing nothing."""
    return share_of(one.harms for reading in readings for one in reading.judged[:3])


def harm_rate_of_all(readings: Sequence[Reading]) -> Figure:
    """Share of all recommendations that were judged, also those behind the third."""
    return share_of(one.harms for reading in readings for one in reading.judged)


def controls_with_proposals(readings: Sequence[Reading]) -> Figure:
    """Share of the worlds without an inefficiency in which something is recommended that doesn't pay."""
    return share_of(
        any(not one.is_worthwhile for one in reading.judged)
        for reading in readings
        if reading.is_control
    )


def controls_with_anything(readings: Sequence[Reading]) -> Figure:
    """Share of them in which anything is recommended."""
    return share_of(bool(reading.judged) for reading in readings if reading.is_control)


def traps_hit(readings: Sequence[Reading]) -> Figure:
    """Share of the traps that some recommendation falls for."""
    return share_of(trap in reading.fell_for for reading in readings for trap in reading.traps)


MEASURES: Final[tuple[Measure, ...]] = (
    Measure("precision@1", precision_at(1), "≥ 0.95"),
    Measure("precision@3", precision_at(3), "≥ 0.95"),
    Measure("recall", recall, "≥ 0.95"),
    Measure("recall of the money", recall_of_value),
    Measure("exact parameter", exact_rate),
    Measure("Kendall τ", kendall_tau, "≥ 0.90", is_share=False),
    Measure("90 % interval holds a reading", coverage, "0.87–0.95"),
    Measure("90 % interval holds the truth", coverage_of_truth),
    Measure("median error of a prediction, relative", median_error, is_share=False),
    Measure("realised / predicted", realised_over_predicted, "0.9–1.1", is_share=False),
    Measure("harm", harm_rate, "≤ 0.01"),
    Measure("harm, of all that was judged", harm_rate_of_all, "≤ 0.01"),
    Measure("traps hit", traps_hit, "≤ 0.01"),
    Measure("controls: something that doesn't pay", controls_with_proposals, "≤ 0.05"),
    Measure("controls: anything", controls_with_anything, "≤ 0.05"),
)
"""The rows of the report, in its order."""


def _list_predicted(readings: Sequence[Reading]) -> Iterator[Judged]:
    for reading in readings:
        yield from (one for one in reading.judged if one.predicted is not None)


def _list_pairs(reading: Reading) -> list[tuple[float, float]]:
    """Return what was predicted beside what a ledger would read."""
    return [
        (one.predicted, one.realised)
        for one in reading.judged
        if one.predicted is not None and one.realised is not None
    ]


def _list_concordances(reading: Reading) -> list[tuple[float, float]]:
    """Return 1 for two recommendations in their true order, −1 for two in the other; equals count as neither."""
    worth = [
        one.true_net / max(1e-9, one.review_minutes)
        for one in reading.judged
        if one.true_net is not None
    ]
    return [
        (float(np.sign(first - later)), 1.0)
        for place, first in enumerate(worth)
        for later in worth[place + 1 :]
    ]


def _ratio_of_sums(pairs: np.ndarray) -> float:
    total = float(pairs[:, 1].sum())
    return float(pairs[:, 0].sum()) / total if total else float("nan")
