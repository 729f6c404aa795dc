"""Retries that never succeed, and those that do."""

from collections.abc import Callable
from random import Random

import pytest

from meta_agent import Candidate, Opportunity, ProposerSettings, RoiSettings, detect, propose
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import MakeAttempt, attempt, fail_at_times, make_runs, make_workflow
from workflow import JsonPatch

_WORKFLOW = make_workflow(lookup_config="{max_retries: 3}")


def _fail(rate_of: Callable[[int], float], error: ErrorClass = ErrorClass.CRASH) -> MakeAttempt:
    """Return a step whose attempts fail with a probability that depends on their number."""

    def try_once(random: Random, number: int) -> Attempt:
        kind = error if random.random() < rate_of(number) else ErrorClass.NONE
        return attempt(number, error_class=kind, latency_s=0.5)

    return try_once


_HOPELESS = _fail(lambda number: 0.15 if number == 1 else 1.0)
_ONE_HELPS = _fail(lambda number: (0.4, 0.4, 1.0, 1.0)[number - 1], ErrorClass.UNAVAILABLE)


def _run(lookup: MakeAttempt, count: int = 300) -> list[Run]:
    return make_runs(_WORKFLOW, count, lookup=lookup, max_retries=3)


def _find(runs: list[Run]) -> list[Opportunity]:
    return [found for found in detect(runs, _WORKFLOW) if found.kind == "futile_retries"]


def _propose(runs: list[Run], roi: RoiSettings | None = None) -> list[Candidate]:
    settings = ProposerSettings(roi=roi or RoiSettings())
    return [one for found in _find(runs) for one in propose(found, _WORKFLOW, runs, settings)]


def _value(patch: JsonPatch) -> object:
    [operation] = patch.operations
    assert (operation.op, operation.path) == ("replace", "/steps/1/config/max_retries")
    return operation.value


def test_retries_of_which_none_succeeds_are_found() -> None:
    [found] = _find(_run(_HOPELESS))
    assert (found.step_id, found.enough) == ("lookup", True)
    assert found.numbers["success_rate"] == 0
    assert found.numbers["success_rate_high"] < 0.05
    assert found.numbers["useful_retries"] == 0
    assert found.numbers["transient_share"] == 0
    assert found.confidence > 0.95
    assert "none succeeded" in found.summary


def test_the_retries_after_the_useful_ones_are_found() -> None:
    [found] = _find(_run(_ONE_HELPS))
    assert found.numbers["useful_retries"] == 1
    assert "after the first 1" in found.summary


@pytest.mark.parametrize(
    "lookup",
    [
        fail_at_times(0.3),
        _fail(lambda number: 0.1 if number == 1 else 0.8),
        fail_at_times(0.0),
        _fail(lambda number: 1.0 if number < 3 else 0.1),
    ],
    ids=["retries that help", "one in five helps", "no retries", "only the second one helps"],
)
def test_retries_that_succeed_are_left_alone(lookup: MakeAttempt) -> None:
    assert _find(_run(lookup)) == []


def test_a_few_failed_retries_say_how_many_runs_would_tell() -> None:
    [found] = _find(_run(_HOPELESS, 40))
    assert not found.enough
    assert found.runs_needed > 0


def test_they_are_lowered_to_the_number_that_pays() -> None:
    [none] = _propose(_run(_HOPELESS))
    assert _value(none.patch) == 0
    assert none.title == "Retry lookup no more, instead of 3 times"
    [one] = _propose(_run(_ONE_HELPS))
    assert _value(one.patch) == 1
    assert one.title == "Retry lookup once instead of 3"
    assert {none.patch_class, one.patch_class} == {"retries_down"}


def test_retries_that_pay_are_kept_where_a_success_is_worth_much() -> None:
    """One in forty helps: too few to pay at five cents a success and a dollar a second, enough at a hundred dollars."""
    rarely = _fail(lambda number: 0.3 if number == 1 else 0.975)
    cheap = RoiSettings(latency_usd_per_s=1.0)
    assert [_value(one.patch) for one in _propose(_run(rarely, 600), cheap)] == [0]
    assert _propose(_run(rarely, 600), RoiSettings(value_per_success_usd=100)) == []
