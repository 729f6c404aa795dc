"""Return on investment: net USD a month as an interval that the ledger can prove wrong.

net/month = runs/month × (Δmoney + Δsuccess + Δlatency) − evaluation − review − P(rollback) × its cost. The bracket is
predicted from paired replays (`meta_agent.prediction`); the fixed costs are charged to the first month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from meta_agent.prediction import Prediction, Table, predict
from meta_agent.roi_outcomes import Pair, RunOutcome, outcome_of
from meta_agent.roi_settings import RoiSettings
from meta_agent.track_record import NO_RECORD, TrackRecord
from meta_agent.traffic import Traffic
from meta_agent.unpaired import fill_up

__all__ = [
    "MIN_PAIRS",
    "FixedCosts",
    "Gains",
    "Interval",
    "Pair",
    "RoiEstimate",
    "RoiSettings",
    "RunOutcome",
    "estimate_roi",
    "measure_realised",
    "outcome_of",
]

MIN_PAIRS: Final = 30
"""Below this there is no estimate yet."""

_LEVEL = 0.90


@dataclass(frozen=True, slots=True)
class Interval:
    """An expected value within its 90 % interval."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class Gains:
    """Where a month's gain comes from, in USD before fixed costs; a loss is negative."""

    money: Interval
    success: Interval
    latency: Interval


@dataclass(frozen=True, slots=True)
class FixedCosts:
    """What a patch costs once, whatever it brings; the rollback as an expectation."""

    evaluation_usd: float
    review_usd: float
    rollback_usd: float

    @property
    def total_usd(self) -> float:
        """All of it."""
        return self.evaluation_usd + self.review_usd + self.rollback_usd


@dataclass(frozen=True, slots=True)
class RoiEstimate:
    """Net USD a month: `mid` is expected, and in nine of ten cases the ledger will read between `low` and `high`.

    `basis` says for people what the figures rest on; `runs` is the number of paired replays.
    """

    low: float
    mid: float
    high: float
    gains: Gains
    costs: FixedCosts
    review_minutes: float
    runs: int
    basis: str
    simulated: bool


def estimate_roi(
    pairs: Sequence[Pair],
    *,
    settings: RoiSettings,
    traffic: Traffic,
    patch_class: str,
    tier_name: str,
    rng: np.random.Generator,
    record: TrackRecord = NO_RECORD,
    evaluation_usd: float = 0.0,
    future_runs: int | None = None,
    doubtful: float = 0.0,
    unpaired: Sequence[RunOutcome] = (),
    simulated: bool = False,
) -> RoiEstimate | None:
    """Estimate a patch's net value a month, `None` below `MIN_PAIRS`.

    `doubtful` is how many more failures a run is expected to have that no pair can show (see `model_doubt`),
    `unpaired` are the runs of the same time that weren't replayed.

    `future_runs` is how many runs the ledger will have seen when it checks, by default those of a week. What became of
    earlier predictions moves the prior of the patch class and its rate of rollbacks, and widens the interval.
    """
    if len(pairs) < MIN_PAIRS:
        return None
    if future_runs is None:
        future_runs = max(MIN_PAIRS, round(traffic.runs_per_month * 7 / 30))
    filled = fill_up(pairs, unpaired, rng)
    prediction = predict(
        _table([pair.base for pair in filled], settings),
        _table([pair.head for pair in filled], settings),
        replayed=len(pairs),
        success_usd=settings.value_per_success_usd,
        prior=record.prior(patch_class),
        future_runs=max(1, future_runs),
        rng=rng,
    ).less(doubtful * settings.value_per_success_usd, rng)
    minutes = settings.review_minutes(tier_name)
    review_usd = minutes / 60 * settings.review_usd_per_hour
    rollback_usd = record.p_rollback(patch_class) * settings.rollback_usd
    costs = FixedCosts(evaluation_usd, review_usd, rollback_usd)
    gains, net = _monthly(prediction, traffic, costs)
    widening = record.widening(patch_class)
    return RoiEstimate(
        low=net.mid - widening * (net.mid - net.low),
        mid=net.mid,
        high=net.mid + widening * (net.high - net.mid),
        gains=gains,
        costs=costs,
        review_minutes=minutes,
        runs=len(pairs),
        basis=_basis(len(pairs), traffic, widening, simulated=simulated) + _tell(doubtful),
        simulated=simulated,
    )


def measure_realised(
    base: Sequence[RunOutcome],
    head: Sequence[RunOutcome],
    *,
    settings: RoiSettings,
    traffic: Traffic,
    fixed_usd: float,
) -> float:
    """Return what the ledger reads: net USD a month by the same formula, from runs before and after; neither empty."""
    change = _table(head, settings).sum(axis=1).mean() - _table(base, settings).sum(axis=1).mean()
    return float(change) * traffic.runs_per_month - fixed_usd


def _table(outcomes: Sequence[RunOutcome], settings: RoiSettings) -> Table:
    rows = [(run.cost_usd, run.succeeded, run.latency_s) for run in outcomes]
    prices = (-1.0, settings.value_per_success_usd, -settings.latency_usd_per_s)
    table: Table = np.asarray(rows, dtype=np.float64) * np.asarray(prices)
    return table


def _monthly(prediction: Prediction, traffic: Traffic, costs: FixedCosts) -> tuple[Gains, Interval]:
    """Return a month's gains by term, and what is left of their sum after the fixed costs."""
    draws = prediction.draws * traffic.runs_per_month
    centre = prediction.centre * traffic.runs_per_month
    money, success, latency = (_interval(draws[:, i], float(centre[i])) for i in range(3))
    net = _interval(draws.sum(axis=1) - costs.total_usd, float(centre.sum()) - costs.total_usd)
    return Gains(money, success, latency), net


def _interval(draws: Table, mid: float) -> Interval:
    """Return the central interval; it holds `mid`, which pseudo-runs and skew may leave at its edge."""
    low, high = np.quantile(draws, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Interval(min(float(low), mid), mid, max(float(high), mid))


def _tell(doubtful: float) -> str:
    return f"; less {doubtful:.2%} of runs that may fail by worse answers" if doubtful else ""


def _basis(pairs: int, traffic: Traffic, widening: float, *, simulated: bool) -> str:
    how = "simulated agents; " if simulated else ""
    wider = f", {widening:.1f} times wider after earlier misses" if widening > 1 else ""
    return f"{how}{pairs} paired replays; {traffic.basis}; 90 % interval{wider}"
