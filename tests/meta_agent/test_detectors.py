"""What the detectors find in planted windows, and what they leave alone."""

import pytest

from meta_agent import Opportunity, detect
from telemetry import ErrorClass, Run
from tests.meta_agent.builders import (
    MakeAttempt,
    answer_under,
    ask,
    fail_at_times,
    make_runs,
    make_workflow,
)
from workflow import Workflow


def _find(runs: list[Run], workflow: Workflow, kind: str) -> list[Opportunity]:
    return [found for found in detect(runs, workflow) if found.kind == kind]


def test_a_healthy_cheap_workflow_has_no_opportunities() -> None:
    workflow = make_workflow()
    assert detect(make_runs(workflow, 200), workflow) == []


def test_the_step_that_takes_most_of_the_money_is_found() -> None:
    workflow = make_workflow()
    runs = make_runs(
        workflow,
        60,
        classify=ask("sim:small", usd_per_token=1e-6),
        draft=ask("sim:large", usd_per_token=1e-5),
    )
    [found] = _find(runs, workflow, "costly_step")
    assert (found.step_id, found.enough, found.runs, found.runs_needed) == ("draft", True, 60, 0)
    assert found.numbers["share"] == pytest.approx(0.91, abs=0.02)
    assert found.numbers["cost_per_run_usd"] == pytest.approx(0.008, rel=0.1)
    assert "sim:large" in found.summary


def test_a_step_that_gives_up_on_transient_errors_is_found() -> None:
    workflow = make_workflow()
    runs = make_runs(workflow, 120, lookup=fail_at_times(0.12))
    [found] = _find(runs, workflow, "transient_failures")
    assert (found.step_id, found.enough) == ("lookup", True)
    assert found.numbers["failure_rate"] == pytest.approx(0.12, abs=0.05)
    assert 0.01 <= found.numbers["failure_rate_low"] < found.numbers["failure_rate"]
    assert found.numbers["is_repeatable"] == 1.0


def test_failures_that_retries_survive_are_no_opportunity() -> None:
    workflow = make_workflow(lookup_config="{max_retries: 3}")
    runs = make_runs(workflow, 200, lookup=fail_at_times(0.12), max_retries=3)
    assert _find(runs, workflow, "transient_failures") == []


def test_too_few_retries_are_an_opportunity() -> None:
    workflow = make_workflow(lookup_config="{max_retries: 1}")
    runs = make_runs(workflow, 300, lookup=fail_at_times(0.3), max_retries=1)
    [found] = _find(runs, workflow, "transient_failures")
    assert found.numbers["max_retries"] == 1.0


def test_errors_that_a_retry_wont_cure_are_left_alone() -> None:
    workflow = make_workflow()
    runs = make_runs(workflow, 120, lookup=fail_at_times(0.2, ErrorClass.INVALID_OUTPUT))
    assert _find(runs, workflow, "transient_failures") == []


def test_a_rate_that_might_be_chance_says_how_many_runs_would_tell() -> None:
    workflow = make_workflow()
    runs = make_runs(workflow, 100, lookup=fail_at_times(0.02), seed=4)
    [found] = _find(runs, workflow, "transient_failures")
    assert not found.enough
    assert found.runs_needed >= 100


def test_steps_that_may_not_be_repeated_are_told_as_such() -> None:
    workflow = make_workflow(lookup="skills.orders:charge")
    runs = make_runs(workflow, 120, lookup=fail_at_times(0.2))
    [found] = _find(runs, workflow, "transient_failures")
    assert found.numbers["is_repeatable"] == 0.0


def test_a_timeout_far_above_the_tail_that_burns_time_on_hangs_is_found() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 120}")
    runs = make_runs(workflow, 200, draft=answer_under(120, hang_rate=0.03))
    [found] = _find(runs, workflow, "timeout_misfit")
    assert (found.step_id, found.enough) == ("draft", True)
    assert found.numbers["timeout_s"] == 120
    assert 2 < found.numbers["healthy_p99_s"] < 6
    assert found.numbers["wasted_s_per_run"] > 1
    assert "hangs burn 120 s" in found.summary


def test_the_agents_own_timeout_counts_where_the_step_has_none() -> None:
    workflow = make_workflow(agent=", timeout: 90")
    runs = make_runs(workflow, 200, draft=answer_under(90, hang_rate=0.03))
    [found] = _find(runs, workflow, "timeout_misfit")
    assert found.numbers["timeout_s"] == 90


def test_a_timeout_that_stops_merely_slow_attempts_is_found() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 2}")
    runs = make_runs(workflow, 200, draft=answer_under(2))
    [found] = _find(runs, workflow, "timeout_misfit")
    assert "merely slow" in found.summary
    assert found.numbers["healthy_p99_s"] > 2


def test_a_missing_timeout_with_a_hanging_tail_is_found() -> None:
    workflow = make_workflow()
    runs = make_runs(workflow, 200, draft=answer_under(None, hang_rate=0.03))
    [found] = _find(runs, workflow, "timeout_misfit")
    assert found.numbers["timeout_s"] == 0
    assert "no timeout" in found.summary


def test_a_single_hang_is_told_with_how_many_runs_would_prove_it() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 120}")
    runs = make_runs(workflow, 200, draft=answer_under(120, hang_rate=0.005), seed=3)
    [found] = _find(runs, workflow, "timeout_misfit")
    assert not found.enough
    assert found.runs_needed >= 200


@pytest.mark.parametrize(
    ("config", "draft"),
    [
        ("", answer_under(None)),
        ("", answer_under(None, median_s=0.002, hang_rate=0.05, hang_s=0.5)),
        ("{timeout_s: 120}", answer_under(120)),
        ("{timeout_s: 8}", answer_under(8, hang_rate=0.03)),
    ],
    ids=[
        "no timeout, no hangs",
        "half a second is no hang",
        "patient, no hangs",
        "hangs, well fitted",
    ],
)
def test_a_timeout_that_does_no_harm_is_left_alone(config: str, draft: MakeAttempt) -> None:
    workflow = make_workflow(draft_config=config)
    runs = make_runs(workflow, 200, draft=draft)
    assert _find(runs, workflow, "timeout_misfit") == []


def test_runs_of_another_version_dont_count() -> None:
    workflow, other = make_workflow(), make_workflow(lookup_config="{backoff_s: 1}")
    runs = make_runs(other, 120, lookup=fail_at_times(0.5))
    assert detect(runs, workflow) == []
    assert detect([], workflow) == []


def test_below_the_floor_nothing_is_enough() -> None:
    workflow = make_workflow(draft_config="{timeout_s: 120}")
    runs = make_runs(
        workflow,
        20,
        classify=ask("sim:small", usd_per_token=1e-6),
        lookup=fail_at_times(0.5),
        draft=answer_under(120, hang_rate=0.3),
        seed=2,
    )
    found = detect(runs, workflow)
    assert {one.kind for one in found} >= {"costly_step", "transient_failures"}
    assert all(not one.enough and one.runs_needed >= 10 for one in found)


def test_of_many_faultless_steps_hardly_any_is_accused() -> None:
    workflow = make_workflow()
    accused = sum(
        bool(found.enough)
        for seed in range(60)
        for found in detect(
            make_runs(
                workflow,
                100,
                classify=fail_at_times(0.01),
                lookup=fail_at_times(0.01),
                draft=fail_at_times(0.01),
                seed=seed,
            ),
            workflow,
        )
    )
    assert accused <= 6
