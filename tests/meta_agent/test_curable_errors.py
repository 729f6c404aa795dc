"""Which errors pass by themselves: their class says, until enough retries say otherwise."""

from collections.abc import Callable
from random import Random

from meta_agent import Opportunity, detect
from telemetry import Attempt, ErrorClass
from tests.meta_agent.builders import MakeAttempt, attempt, make_runs, make_workflow

_WORKFLOW = make_workflow(lookup_config="{max_retries: 1}")


def _fail(error_class: ErrorClass, rate_of: Callable[[int], float]) -> MakeAttempt:
    def try_once(random: Random, number: int) -> Attempt:
        kind = error_class if random.random() < rate_of(number) else ErrorClass.NONE
        return attempt(number, error_class=kind)

    return try_once


def _find(lookup: MakeAttempt, count: int = 600) -> list[Opportunity]:
    runs = make_runs(_WORKFLOW, count, lookup=lookup, max_retries=1)
    return [found for found in detect(runs, _WORKFLOW) if found.kind == "transient_failures"]


def test_an_error_that_retries_cure_counts_as_transient_whatever_its_class() -> None:
    [found] = _find(_fail(ErrorClass.INVALID_OUTPUT, lambda _: 0.35))
    assert found.enough
    assert 0.08 < found.numbers["failure_rate"] < 0.17


def test_an_error_that_retries_never_cure_isnt_transient_whatever_its_class() -> None:
    assert _find(_fail(ErrorClass.UNAVAILABLE, lambda number: (0.2, 1.0)[number - 1])) == []


def test_too_few_retries_change_no_classs_name() -> None:
    assert _find(_fail(ErrorClass.INVALID_OUTPUT, lambda _: 0.1), 60) == []
    assert _find(_fail(ErrorClass.UNAVAILABLE, lambda number: (0.2, 1.0)[number - 1]), 30) != []
