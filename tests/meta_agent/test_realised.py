"""What a patch has brought: neither another mix of traffic nor other prices pass for it."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meta_agent import RoiSettings, Traffic, compare_periods
from meta_agent.realised import price_run, stratum_of
from telemetry import Run, StepRun
from tests.meta_agent.builders import MakeAttempt, ask, attempt, make_runs, make_workflow

ROI = RoiSettings(value_per_success_usd=0.0, latency_usd_per_s=0.0)
WORKFLOW = make_workflow()


def cost(usd: float) -> MakeAttempt:
    return lambda _, number: attempt(number, cost_usd=usd, model="sim:large", tokens=(100, 10))


def on_route(runs: list[Run], route: str) -> list[Run]:
    """Say that the step before the last chose a branch, in which the last one ran."""
    return [
        replace(run, steps=(*run.steps[:-1], replace(run.steps[-1], branch=route))) for run in runs
    ]


CHEAP = on_route(make_runs(WORKFLOW, 60, draft=cost(0.1)), "short")
DEAR = on_route(make_runs(WORKFLOW, 60, draft=cost(0.9)), "long")


def gain(base: list[Run], head: list[Run], *patched: str) -> float:
    return compare_periods(base, head, settings=ROI, patched=patched).gain_usd_per_run


def test_more_of_the_cheap_runs_is_not_the_credit_of_a_patch() -> None:
    base, head = CHEAP[:20] + DEAR[:40], CHEAP[:40] + DEAR[:20]
    assert gain(base, head) > 0.2
    assert gain(base, head, "draft") == pytest.approx(0.0)


def test_what_became_cheaper_within_a_kind_of_runs_is() -> None:
    halved = on_route(make_runs(WORKFLOW, 60, draft=cost(0.45)), "long")
    assert gain(CHEAP + DEAR, CHEAP + halved, "draft") == pytest.approx(0.225)


def test_longer_inputs_are_another_kind_of_runs() -> None:
    short = make_runs(WORKFLOW, 40, classify=ask("sim:small", usd_per_token=0.0, tokens=(100, 9)))
    long = make_runs(WORKFLOW, 40, classify=ask("sim:small", usd_per_token=0.0, tokens=(9_000, 9)))
    kinds = [{stratum_of(run, ["draft"]) for run in runs} for runs in (short, long)]
    assert kinds[0].isdisjoint(kinds[1])


def test_what_the_patched_step_does_makes_no_kind() -> None:
    """Or the runs that it saves would be compared among themselves, and nothing would be gained."""
    base = make_runs(WORKFLOW, 40)
    head = on_route(base, "taken")
    assert {stratum_of(run, ["classify"]) for run in (*base, *head)} == {"/"}


def test_kinds_that_one_side_hardly_has_are_compared_together() -> None:
    base, head = CHEAP[:58] + DEAR[:2], CHEAP[:30] + DEAR[:30]
    found = compare_periods(base, head, settings=ROI, patched=["draft"])
    assert found.strata >= 1
    assert found.gain_usd_per_run == pytest.approx(gain(base, head, "draft"))


def test_kinds_that_never_meet_are_compared_as_a_whole() -> None:
    found = compare_periods(CHEAP, DEAR, settings=ROI, patched=["draft"])
    assert found.strata == 1
    assert found.gain_usd_per_run == pytest.approx(-0.8)


def test_a_change_of_prices_is_not_the_credit_of_a_patch() -> None:
    base = make_runs(WORKFLOW, 40, draft=cost(0.9))
    head = make_runs(WORKFLOW, 40, draft=cost(0.3))
    assert gain(base, head) == pytest.approx(0.6)
    found = compare_periods(base, head, settings=ROI, reprice=lambda *_: Decimal("0.2"))
    assert found.gain_usd_per_run == pytest.approx(0.0)


def test_what_has_no_price_costs_what_was_reported() -> None:
    (run,) = make_runs(WORKFLOW, 1, draft=cost(0.9))
    assert price_run(run, lambda *_: None).cost_usd == pytest.approx(0.9)
    assert price_run(run, None).cost_usd == pytest.approx(0.9)


def test_the_month_is_the_one_assumed_and_fixed_costs_are_paid_once() -> None:
    base, head = make_runs(WORKFLOW, 40, draft=cost(0.9)), make_runs(WORKFLOW, 40, draft=cost(0.3))
    found = compare_periods(base, head, settings=ROI)
    assert found.net_usd(Traffic(1_000, "told"), 5.0) == pytest.approx(595)
    assert found.loss_usd == pytest.approx(0.9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1_000), st.integers(5, 30), st.integers(5, 30))
def test_the_same_world_before_and_after_gains_nothing_on_average(
    seed: int, fewer: int, more: int
) -> None:
    random = Random(seed)

    def mix(short: int, long: int) -> list[Run]:
        return random.sample(CHEAP, short) + random.sample(DEAR, long)

    assert gain(mix(fewer, more), mix(more, fewer), "draft") == pytest.approx(0.0)


def test_a_run_without_steps_has_a_kind_too() -> None:
    (run,) = make_runs(WORKFLOW, 1)
    steps: tuple[StepRun, ...] = ()
    assert stratum_of(replace(run, steps=steps), ["draft"]) == "/"
