"""How often a bake-in errs: all simulations under FLUJO_VERIFY=1, a sample of them otherwise."""

import os
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest

from tests.trust_tiers.traffic import START, Traffic, find_breach, plan
from trust_tiers import (
    BakePlan,
    BakeSettings,
    RunOutcome,
    count_expected_runs,
    describe_visible,
    find_visible,
    measure_baseline,
    plan_bake,
)
from trust_tiers.baking.power import POWER

ALPHA = BakeSettings().alpha
FULL = bool(os.environ.get("FLUJO_VERIFY"))
ROLLOUTS, RUNS = (10_000, 300) if FULL else (120, 150)

SAME = Traffic()
ROUTES = tuple("abc")
NULLS = {
    "nothing changes": (SAME, SAME, 100),
    "as much worse as is allowed": (SAME, Traffic(0.10, cost=1.1, latency=1.1), 100),
    "few runs before": (SAME, SAME, 20),
    "routes": (Traffic(routes=ROUTES), Traffic(routes=ROUTES), 150),
    "hardly any failures": (Traffic(0.01), Traffic(0.01), 100),
}


def _count_breaches(before: Traffic, after: Traffic, runs_before: int, rollouts: int) -> int:
    random = Random(20260302)
    breaches = (
        find_breach(plan(before, random, runs_before), after.runs(random, RUNS))
        for _ in range(rollouts)
    )
    return sum(breach is not None for breach in breaches)


@pytest.mark.parametrize("name", NULLS)
def test_a_harmless_change_is_taken_back_no_more_often_than_alpha(name: str) -> None:
    before, after, runs_before = NULLS[name]
    rollouts = ROLLOUTS if name == "nothing changes" else ROLLOUTS // 5
    breaches = _count_breaches(before, after, runs_before, rollouts)
    assert breaches <= ALPHA * rollouts


def _draw(
    planned: BakePlan, random: Random, *, rate: float, cost: float = 1.0, latency: float = 1.0
) -> Iterator[RunOutcome]:
    """Runs like those before, drawn again and again, with a harm added."""
    known = planned.routes[""].baseline
    while True:
        yield RunOutcome(
            START,
            random.random() < rate,
            cost * random.choice(known.costs_usd),
            latency * random.choice(known.latencies_ms),
        )


@pytest.mark.parametrize("runs_before", [100, 300, 1000])
def test_what_is_said_to_be_visible_is_seen_about_as_often_as_said(runs_before: int) -> None:
    random = Random(runs_before)
    planned = plan(SAME, random, runs_before)
    known, visible = planned.routes[""].baseline, find_visible(planned, 100)
    usual = known.failures / known.runs
    assert None not in (visible.failure_rate, visible.cost_ratio, visible.latency_ratio)
    harms = (
        {"rate": visible.failure_rate or 0},
        {"rate": usual, "cost": visible.cost_ratio or 0},
        {"rate": usual, "latency": visible.latency_ratio or 0},
    )
    rollouts = 1000 if FULL else 80
    for harm in harms:
        breaches = [
            find_breach(planned, islice(_draw(planned, random, **harm), 100))
            for _ in range(rollouts)
        ]
        seen = sum(breach is not None for breach in breaches) / rollouts
        assert POWER - 0.12 <= seen <= 0.97, harm


def _mean_rate(planned: BakePlan, runs: int) -> float:
    found = find_visible(planned, runs).failure_rate
    assert found is not None
    return found


def test_more_traffic_sees_smaller_harm() -> None:
    planned = plan(SAME, Random(1), 1000)
    rates = [_mean_rate(planned, runs) for runs in (20, 100, 500, 5000)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.17


def test_the_smallest_visible_effect_is_told_in_a_sentence() -> None:
    planned = plan(SAME, Random(1), 300)
    runs = count_expected_runs(planned, runs_per_day=20)
    assert runs == 100
    assert describe_visible(find_visible(planned, runs), 20) == (
        "At your 20 runs/day this can only see a failure rate ≥ 35 %,"
        " costs ≥ 1.64 × those before, latencies ≥ 1.84 × those before."
    )


@pytest.mark.parametrize(("runs_per_day", "runs"), [(1, 7), (20, 100), (500, 500)])
def test_the_runs_of_a_bake_in_are_those_of_its_time(runs_per_day: float, runs: int) -> None:
    assert count_expected_runs(plan(SAME, Random(1), 20), runs_per_day) == runs


def test_too_few_runs_are_said_to_see_nothing() -> None:
    sentence = (
        "At your 0.5 runs/day this can't see any harm: there are too few runs, before or after."
    )
    for planned in (plan(SAME, Random(1), 300), plan_bake(measure_baseline([]), started_at=START)):
        assert describe_visible(find_visible(planned, 1), 0.5) == sentence
