"""A bake-in: what is taken back, what is kept, and what nobody can tell."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tests.trust_tiers.traffic import START, Traffic, find_breach, plan
from trust_tiers import (
    BakePlan,
    BakeProgress,
    BakeSettings,
    BakeVerdict,
    Guard,
    RunOutcome,
    find_visible,
    judge_bake,
    measure_baseline,
    plan_bake,
    take_run,
    take_runs,
)
from trust_tiers.baking.baseline import MOST_VALUES

USUAL = Traffic()
DAY = timedelta(days=1)


def _bake(
    after: Traffic, runs: int = 150, before: Traffic = USUAL
) -> tuple[BakePlan, BakeProgress]:
    random = Random(7)
    planned = plan(before, random)
    return planned, take_runs(planned, BakeProgress(), after.runs(random, runs))


@pytest.mark.parametrize(
    ("after", "guard", "reason"),
    [
        (Traffic(failure_rate=0.5), Guard.FAILURES, "more runs fail than before, after 150 runs"),
        (Traffic(cost=2.5), Guard.COST, "runs cost more than before, after 150 runs"),
        (Traffic(latency=3), Guard.LATENCY, "runs take longer than before, after 150 runs"),
    ],
)
def test_a_change_that_does_much_worse_is_taken_back_and_its_guard_named(
    after: Traffic, guard: Guard, reason: str
) -> None:
    decision = judge_bake(*_bake(after), now=START + 2 * DAY)
    assert decision.verdict is BakeVerdict.BREACH
    assert (decision.guards, decision.reasons) == ((guard,), (reason,))


@pytest.mark.parametrize(
    "after", [USUAL, Traffic(failure_rate=0.0, cost=0.4, latency=0.4), Traffic(cost=1.05)]
)
def test_a_change_that_does_no_worse_is_kept(after: Traffic) -> None:
    decision = judge_bake(*_bake(after), now=START + 2 * DAY)
    assert decision.verdict is BakeVerdict.BAKED
    assert decision.reasons == ("150 runs in 48 h, and nothing shows that it does worse",)


@pytest.mark.parametrize(
    ("runs", "hours", "reason"),
    [
        (99, 30, "99 of 100 runs and 30 of 24 h so far"),
        (150, 23, "150 of 100 runs and 23 of 24 h so far"),
    ],
)
def test_it_goes_on_until_there_are_both_enough_runs_and_enough_hours(
    runs: int, hours: float, reason: str
) -> None:
    decision = judge_bake(*_bake(USUAL, runs), now=START + timedelta(hours=hours))
    assert (decision.verdict, decision.reasons) == (BakeVerdict.CONTINUE, (reason,))


def test_a_breach_stands_whatever_comes_after_it() -> None:
    planned, progress = _bake(Traffic(failure_rate=0.6))
    later = take_runs(planned, progress, Traffic(failure_rate=0.0).runs(Random(1), 400))
    assert judge_bake(planned, later, now=START + 2 * DAY).verdict is BakeVerdict.BREACH


def test_silence_holds_and_so_does_too_little_traffic() -> None:
    planned, progress = _bake(USUAL, 50)
    silent = judge_bake(planned, progress, now=START + 3 * DAY)
    assert (silent.verdict, silent.reasons) == (BakeVerdict.HOLD, ("no telemetry for 60 h",))
    never = judge_bake(planned, BakeProgress(), now=START + DAY)
    assert (never.verdict, never.reasons) == (BakeVerdict.HOLD, ("no telemetry for 24 h",))
    late = replace(progress, last_at=START + 7 * DAY)
    few = judge_bake(planned, late, now=START + 7 * DAY)
    assert (few.verdict, few.reasons) == (BakeVerdict.HOLD, ("only 50 runs in 168 h",))


def test_without_any_run_before_nothing_can_be_told() -> None:
    planned = plan_bake(measure_baseline([]), started_at=START)
    progress = take_runs(planned, BakeProgress(), USUAL.runs(Random(1), 200))
    decision = judge_bake(planned, progress, now=START + 2 * DAY)
    assert decision.verdict is BakeVerdict.HOLD
    assert decision.reasons == ("there are no runs of the version before to compare with",)


def test_runs_of_a_route_nobody_took_before_are_counted_and_not_judged() -> None:
    bad = Traffic(failure_rate=1.0, routes=("new",))
    planned, progress = _bake(bad)
    decision = judge_bake(planned, progress, now=START + 2 * DAY)
    assert progress.unjudged == 150
    assert decision.verdict is BakeVerdict.HOLD
    assert decision.reasons == ("150 of 150 runs took a route that none took before",)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("cost_usd", "150 of 150 runs don't say what they cost"),
        ("latency_ms", "150 of 150 runs don't say how long they took"),
    ],
)
def test_a_figure_that_is_not_told_any_more_holds(field: str, reason: str) -> None:
    random = Random(3)
    planned = plan(USUAL, random)
    runs = [replace(run, **{field: None}) for run in USUAL.runs(random, 150)]  # type: ignore[arg-type]
    decision = judge_bake(planned, take_runs(planned, BakeProgress(), runs), now=START + 2 * DAY)
    assert (decision.verdict, decision.reasons) == (BakeVerdict.HOLD, (reason,))


def test_a_figure_that_was_never_told_is_not_missed() -> None:
    random = Random(3)
    bare = [RunOutcome(run.at, run.failed) for run in USUAL.runs(random, 450)]
    planned = plan_bake(measure_baseline(bare[:300]), started_at=START)
    progress = take_runs(planned, BakeProgress(), bare[300:])
    last = progress.last_at
    assert last is not None
    assert judge_bake(planned, progress, now=last).verdict is BakeVerdict.BAKED


def test_routes_are_compared_with_themselves() -> None:
    """Ten times as many runs on the dear route: every run costs what it did, so nothing is worse."""
    both = Traffic(routes=("cheap", "dear"))
    random = Random(11)
    planned = plan(both, random, runs=600)
    dear = (run for run in both.runs(random, 1200) if run.route == "dear")
    assert find_breach(planned, dear) is None
    pooled = plan_bake(
        measure_baseline(replace(run, route="") for run in both.runs(random, 600)),
        started_at=START,
    )
    mixed = (replace(run, route="") for run in both.runs(random, 1200) if run.route == "dear")
    assert find_breach(pooled, mixed) is not None


def test_harm_on_one_of_many_routes_is_seen() -> None:
    routes = tuple("abcde")
    random = Random(5)
    planned = plan(Traffic(routes=routes), random, runs=1500)
    good, bad = Traffic(routes=routes), Traffic(failure_rate=0.9, routes=routes)
    runs = (bad.run(random) if run.route == "c" else run for run in good.runs(random, 600))
    assert find_breach(planned, runs) is not None


def test_the_order_of_late_runs_does_not_turn_the_clock_back() -> None:
    planned, progress = _bake(USUAL, 10)
    late = take_run(planned, progress, RunOutcome(START, failed=False))
    assert late.last_at == progress.last_at
    assert late.runs == 11


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 10), st.floats(0, 1e5)), max_size=40))
@settings(deadline=None, max_examples=50)
def test_a_progress_survives_being_kept_as_json_between_any_two_runs(
    outcomes: list[tuple[bool, float, float]],
) -> None:
    planned = plan(USUAL, Random(2), runs=40)
    plans, progresses = TypeAdapter(BakePlan), TypeAdapter(BakeProgress)
    kept = plans.validate_python(json.loads(plans.dump_json(planned)))
    assert kept == planned
    straight = stored = BakeProgress()
    for failed, cost, latency in outcomes:
        run = RunOutcome(START, failed, cost, latency)
        straight = take_run(planned, straight, run)
        stored = progresses.validate_json(progresses.dump_json(take_run(kept, stored, run)))
    assert stored == straight


def test_no_stake_is_ever_lost_entirely_or_turns_into_nonsense() -> None:
    planned = plan(USUAL, Random(2), runs=60)
    worst = RunOutcome(START, failed=False, cost_usd=0.0, latency_ms=0.0)
    best = RunOutcome(START, failed=True, cost_usd=1e9, latency_ms=1e9)
    progress = take_runs(planned, BakeProgress(), [worst] * 500 + [best] * 500)
    stakes = (*progress.failures, *progress.cost_rank, *progress.latency_tail)
    assert all(-1e5 < stake < 1e5 for stake in stakes)


def test_only_the_latest_figures_of_a_route_are_kept_but_all_its_failures() -> None:
    runs = [RunOutcome(START, index < 5, float(index), None) for index in range(MOST_VALUES + 5)]
    route = measure_baseline(runs).routes[""]
    assert (route.runs, route.failures) == (MOST_VALUES + 5, 5)
    assert route.costs_usd[0] == 5.0
    assert len(route.costs_usd) == MOST_VALUES
    assert route.latencies_ms == ()
    assert measure_baseline(runs).runs == MOST_VALUES + 5


@pytest.mark.parametrize(
    "broken",
    [
        {"alpha": 0.5},
        {"alpha": 0},
        {"min_runs": 0},
        {"min_hours": 200},
        {"max_cost_ratio": 0.9},
        {"max_failure_rise": -0.1},
        {"max_hours": float("inf")},
        {"unknown": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(broken: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        BakeSettings.model_validate(broken)


def test_a_version_whose_every_run_failed_can_only_be_judged_by_what_it_cost() -> None:
    random = Random(4)
    broken = Traffic(failure_rate=1.0)
    planned = plan(broken, random, runs=50)
    assert planned.routes[""].failures is None
    assert find_breach(planned, broken.runs(random, 100)) is None
    assert find_breach(planned, Traffic(failure_rate=1.0, cost=4).runs(random, 100)) is not None
    assert find_visible(planned, 100).failure_rate is None
