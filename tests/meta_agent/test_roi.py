"""ROI: arithmetic, floors, and intervals that keep their word in simulated worlds."""

import math
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from meta_agent import (
    PRIORS,
    Applications,
    Pair,
    RoiEstimate,
    RoiSettings,
    RunOutcome,
    SettingsError,
    TrackRecord,
    Traffic,
    estimate_roi,
    measure_realised,
    measure_traffic,
    outcome_of,
)
from tests.meta_agent.builders import make_runs, make_workflow

_SETTINGS = RoiSettings(value_per_success_usd=0.05, latency_usd_per_s=0.0001)
_TRAFFIC = Traffic(1_000.0, "1,000 runs/month assumed")

Columns = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]
Sample = Callable[[int], tuple[Columns, Columns]]
"""Draws that many runs of a world: (cost, success, latency) of base and head, paired."""


def _outcomes(columns: Columns) -> list[RunOutcome]:
    return [
        RunOutcome(float(cost), bool(succeeded), float(latency))
        for cost, succeeded, latency in zip(*columns, strict=True)
    ]


def _estimate(
    base: list[RunOutcome],
    head: list[RunOutcome],
    *,
    patch_class: str = "retries",
    future_runs: int = 200,
    tier_name: str = "LOW",
    seed: int = 0,
) -> RoiEstimate:
    estimate = estimate_roi(
        [Pair(before, after) for before, after in zip(base, head, strict=True)],
        settings=_SETTINGS,
        traffic=_TRAFFIC,
        patch_class=patch_class,
        tier_name=tier_name,
        record=TrackRecord(applications={patch_class: Applications(10, 2)}),
        evaluation_usd=0.25,
        future_runs=future_runs,
        rng=np.random.default_rng(seed),
    )
    assert estimate is not None
    return estimate


def _retries_world(rng: np.random.Generator) -> Sample:
    rate, cost_usd = rng.uniform(0.01, 0.15), rng.uniform(0.002, 0.02)

    def sample(count: int) -> tuple[Columns, Columns]:
        latency, cost = rng.lognormal(1, 0.5, count), rng.lognormal(math.log(cost_usd), 0.5, count)
        fails = rng.random(count) < rate
        fails_again = fails & (rng.random(count) < rate)
        spent = cost * np.where(fails, 0.5, 1.0)
        retried = latency + fails * rng.lognormal(0, 0.4, count)
        return (spent, ~fails, latency), (cost, ~fails_again, retried)

    return sample


def _swap_world(rng: np.random.Generator) -> Sample:
    ratio, quality, change = rng.uniform(0.2, 1.1), rng.uniform(0.85, 0.99), rng.normal(0, 0.03)

    def sample(count: int) -> tuple[Columns, Columns]:
        latency, cost = rng.lognormal(1, 0.5, count), rng.lognormal(-4.5, 0.8, count)
        luck = rng.random(count)
        base = (cost, luck < quality, latency)
        return base, (cost * ratio, luck < min(0.999, quality + change), latency * 0.8)

    return sample


def _timeout_world(rng: np.random.Generator) -> Sample:
    rate = rng.uniform(0.01, 0.06)

    def sample(count: int) -> tuple[Columns, Columns]:
        latency, cost = rng.lognormal(0.5, 0.5, count), rng.lognormal(-4.5, 0.5, count)
        hangs, fine = rng.random(count) < rate, np.ones(count, dtype=bool)
        return (cost, fine, latency + hangs * 120), (cost, fine, latency + hangs * 10)

    return sample


def _idle_world(rng: np.random.Generator) -> Sample:
    rate = rng.uniform(0, 0.1)

    def sample(count: int) -> tuple[Columns, Columns]:
        columns = (
            rng.lognormal(-4.5, 0.5, count),
            rng.random(count) >= rate,
            rng.lognormal(1, 0.5, count),
        )
        return columns, columns

    return sample


_WORLDS = {
    "retries": _retries_world,
    "model_swap": _swap_world,
    "timeout_down": _timeout_world,
    "nothing": _idle_world,
}


@pytest.mark.parametrize(("pairs", "future_runs"), [(30, 200), (120, 400)])
def test_nine_in_ten_intervals_hold_what_the_ledger_reads(pairs: int, future_runs: int) -> None:
    worlds = 480
    inside = 0
    for number in range(worlds):
        patch_class = list(_WORLDS)[number % len(_WORLDS)]
        rng = np.random.default_rng([7, number, pairs])
        sample = _WORLDS[patch_class](rng)
        base, head = map(_outcomes, sample(pairs))
        estimate = _estimate(
            base, head, patch_class=patch_class, future_runs=future_runs, seed=number
        )
        _, future = map(_outcomes, sample(future_runs))
        realised = measure_realised(
            base,
            future,
            settings=_SETTINGS,
            traffic=_TRAFFIC,
            fixed_usd=estimate.costs.total_usd,
        )
        inside += estimate.low <= realised <= estimate.high
    assert 0.85 <= inside / worlds <= 0.95


def test_shrinkage_takes_the_winners_curse_off_the_best_of_many() -> None:
    promised = naive = realised = 0.0
    prior = PRIORS["retries"]
    for number in range(60):
        rng = np.random.default_rng([11, number])
        cost = rng.lognormal(-3, 0.5, 30)
        base = [RunOutcome(usd, True, 1.0) for usd in cost]
        winner = (-math.inf, 0.0, 0.0)
        for rival in range(8):
            kept = 1 - min(0.95, rng.normal(prior.mean, prior.sd))
            after = cost * kept * rng.gamma(1, 1, 30)
            head = [RunOutcome(usd, True, 1.0) for usd in after]
            estimate = _estimate(base, head, seed=rival)
            gross = estimate.mid + estimate.costs.total_usd
            reading = 1_000 * (cost.mean() - kept * math.exp(-3 + 0.5**2 / 2))
            winner = max(winner, (gross, 1_000 * (cost - after).mean(), reading))
        promised, naive, realised = (
            total + part for total, part in zip((promised, naive, realised), winner, strict=True)
        )
    assert 0.9 <= realised / promised <= 1.1
    assert abs(promised - realised) < abs(naive - realised) / 2


def test_below_the_floor_there_is_no_estimate_yet() -> None:
    run = RunOutcome(0.01, True, 1.0)
    estimate = estimate_roi(
        [Pair(run, run)] * 29,
        settings=_SETTINGS,
        traffic=_TRAFFIC,
        patch_class="retries",
        tier_name="LOW",
        rng=np.random.default_rng(0),
    )
    assert estimate is None


def test_a_patch_that_changes_nothing_costs_what_it_costs() -> None:
    runs = [RunOutcome(0.01, True, 1.0)] * 40
    estimate = _estimate(runs, runs, tier_name="MEDIUM")
    assert estimate.costs.review_usd == 5.0
    assert estimate.costs.total_usd == pytest.approx(0.25 + 5.0 + 0.1)
    assert estimate.mid == pytest.approx(-estimate.costs.total_usd)
    assert estimate.low <= estimate.mid <= estimate.high


def test_a_certain_saving_is_told_to_the_cent() -> None:
    base, head = [RunOutcome(0.03, True, 2.0)] * 500, [RunOutcome(0.01, True, 1.0)] * 500
    estimate = _estimate(base, head)
    assert estimate.gains.money.mid == pytest.approx(20.0)
    assert estimate.gains.latency.mid == pytest.approx(0.1)
    assert estimate.gains.success.mid == pytest.approx(0.0)
    assert estimate.mid == pytest.approx(20.1 - estimate.costs.total_usd)


def test_more_runs_to_come_narrow_the_interval() -> None:
    base, head = map(_outcomes, _swap_world(np.random.default_rng(1))(60))
    few = _estimate(base, head, future_runs=30)
    many = _estimate(base, head, future_runs=20_000)
    assert many.high - many.low < few.high - few.low


def test_large_samples_take_the_quick_way_to_the_same_interval() -> None:
    base, head = map(_outcomes, _swap_world(np.random.default_rng(1))(2_400))
    exact = _estimate(base[:2_000], head[:2_000], future_runs=300)
    quick = _estimate(base, head, future_runs=301)
    assert quick.high - quick.low == pytest.approx(exact.high - exact.low, rel=0.15)


def test_the_same_seed_gives_the_same_estimate() -> None:
    base, head = map(_outcomes, _retries_world(np.random.default_rng(1))(60))
    assert _estimate(base, head, seed=3) == _estimate(base, head, seed=3)


def test_an_estimate_says_what_it_rests_on() -> None:
    run = RunOutcome(0.01, True, 1.0)
    estimate = estimate_roi(
        [Pair(run, run)] * 30,
        settings=_SETTINGS,
        traffic=_TRAFFIC,
        patch_class="unheard_of",
        tier_name="LOW",
        rng=np.random.default_rng(0),
        simulated=True,
    )
    assert estimate is not None
    assert estimate.simulated
    assert estimate.basis == (
        "simulated agents; 30 paired replays; 1,000 runs/month assumed; 90 % interval"
    )


_OUTCOMES = st.builds(RunOutcome, st.floats(0, 10), st.booleans(), st.floats(0, 1_000))


@given(st.lists(st.builds(Pair, _OUTCOMES, _OUTCOMES), min_size=30, max_size=40))
@settings(deadline=None, max_examples=50)
def test_intervals_are_ordered_and_terms_add_up(pairs: list[Pair]) -> None:
    estimate = _estimate([pair.base for pair in pairs], [pair.head for pair in pairs])
    assert estimate.low <= estimate.mid <= estimate.high
    gains = (estimate.gains.money, estimate.gains.success, estimate.gains.latency)
    assert all(gain.low <= gain.mid <= gain.high for gain in gains)
    total = sum(gain.mid for gain in gains) - estimate.costs.total_usd
    assert estimate.mid == pytest.approx(total, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("price", [-0.01, math.nan, math.inf])
def test_a_price_that_is_none_is_refused_by_name(price: float) -> None:
    with pytest.raises(SettingsError) as refused:
        RoiSettings(latency_usd_per_s=price)
    assert refused.value.name == "latency_usd_per_s"
    with pytest.raises(SettingsError):
        RoiSettings(review_minutes_by_tier={"LOW": price})


def test_an_unknown_tier_takes_the_longest_review() -> None:
    assert _SETTINGS.review_minutes("UNHEARD_OF") == 15.0


def test_traffic_is_what_the_user_says_else_what_is_seen_else_assumed() -> None:
    runs = make_runs(make_workflow(), 49)
    assert measure_traffic(runs, RoiSettings(runs_per_month=50)).runs_per_month == 50
    seen = measure_traffic(runs, _SETTINGS)
    assert seen.runs_per_month == pytest.approx(730.5)
    assert seen.basis == "730 runs/month seen over 2.0 days"
    short = make_runs(make_workflow(), 49, every=timedelta(minutes=1))
    for too_little in (short, [], runs[:1]):
        assert measure_traffic(too_little, _SETTINGS).basis == "1,000 runs/month assumed"


def test_a_run_seen_in_telemetry_has_an_outcome() -> None:
    [run] = make_runs(make_workflow(), 1)
    assert outcome_of(run) == RunOutcome(0.0, True, run.latency_ms / 1000)
