"""Failures that come in bursts are no case for retries."""

import itertools
from dataclasses import replace
from datetime import timedelta
from random import Random

from meta_agent import ProposerSettings, detect, propose
from meta_agent.bursts import count_failures_soon_after
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import attempt, fail_at_times, make_runs, make_workflow

_WORKFLOW = make_workflow()


def _crowd(runs: list[Run]) -> list[Run]:
    """Let ten runs begin every hour, five seconds apart."""
    start = runs[0].started_at
    return [
        replace(run, started_at=start + timedelta(hours=place // 10, seconds=5 * (place % 10)))
        for place, run in enumerate(runs)
    ]


def _burst_runs(count: int) -> list[Run]:
    """All ten runs of an hour fail, or none."""
    calls = itertools.count()
    hours: dict[int, bool] = {}

    def try_once(random: Random, number: int) -> Attempt:
        down = hours.setdefault(next(calls) // 10, random.random() < 0.15)
        return attempt(number, error_class=ErrorClass.UNAVAILABLE if down else ErrorClass.NONE)

    return _crowd(make_runs(_WORKFLOW, count, lookup=try_once))


def test_runs_soon_after_a_failure_tell_bursts_from_chance() -> None:
    hits, trials = count_failures_soon_after(_burst_runs(600), "lookup")
    assert trials > 30
    assert hits / trials > 0.95
    scattered = _crowd(make_runs(_WORKFLOW, 600, lookup=fail_at_times(0.15)))
    hits, trials = count_failures_soon_after(scattered, "lookup")
    assert 0.05 < hits / trials < 0.3


def test_runs_far_apart_tell_nothing() -> None:
    runs = make_runs(_WORKFLOW, 200, lookup=fail_at_times(0.3))
    assert count_failures_soon_after(runs, "lookup") == (0, 0)
    assert count_failures_soon_after(runs, "unheard-of") == (0, 0)


def test_runs_of_the_same_instant_and_simulated_ones_tell_nothing() -> None:
    runs = _crowd(make_runs(_WORKFLOW, 200, lookup=fail_at_times(0.3)))
    at_once = [replace(run, started_at=runs[0].started_at) for run in runs]
    assert count_failures_soon_after(at_once, "lookup") == (0, 0)
    simulated = [replace(run, simulated=True) for run in runs]
    assert count_failures_soon_after(simulated, "lookup") == (0, 0)


def test_no_retry_is_proposed_that_would_fall_into_the_same_outage() -> None:
    settings = ProposerSettings()
    for runs, expected in (
        (_burst_runs(600), 0),
        (_crowd(make_runs(_WORKFLOW, 600, lookup=fail_at_times(0.15))), 1),
    ):
        candidates = [
            one
            for found in detect(runs, _WORKFLOW)
            for one in propose(found, _WORKFLOW, runs, settings)
            if one.patch_class == "retries"
        ]
        assert len(candidates) == expected
