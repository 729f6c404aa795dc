"""Limits on output tokens: far above use, and rightly roomy."""

from collections.abc import Callable
from random import Random

import pytest

from meta_agent import Opportunity, ProposerSettings, detect, propose
from telemetry import Attempt, ErrorClass, Run
from tests.meta_agent.builders import MakeAttempt, attempt, make_runs, make_workflow
from workflow import Workflow

Draw = Callable[[Random], float]


def _write(draw: Draw, limit: int) -> MakeAttempt:
    def write_once(random: Random, number: int) -> Attempt:
        tokens = min(limit, round(draw(random)))
        return attempt(number, cost_usd=tokens * 1e-5, model="sim:large", tokens=(50, tokens))

    return write_once


def _usual(random: Random) -> float:
    return 100 * random.lognormvariate(0, 0.25)


def _running_away(random: Random) -> float:
    return 1e9 if random.random() < 0.02 else _usual(random)


def _heavy(random: Random) -> float:
    return 100 * random.lognormvariate(0, 0.9)


def _make(draw: Draw, limit: int, count: int = 400, seed: int = 0) -> tuple[list[Run], Workflow]:
    workflow = make_workflow(draft_config=f"{{max_tokens: {limit}}}")
    return make_runs(workflow, count, draft=_write(draw, limit), seed=seed), workflow


def _find(runs: list[Run], workflow: Workflow) -> list[Opportunity]:
    return [found for found in detect(runs, workflow) if found.kind == "loose_token_limit"]


@pytest.mark.parametrize(("draw", "limit"), [(_usual, 4_000), (_running_away, 1_000)])
def test_a_limit_far_above_what_answers_need_is_found(draw: Draw, limit: int) -> None:
    [found] = _find(*_make(draw, limit))
    assert (found.step_id, found.enough) == ("draft", True)
    assert found.numbers["max_tokens"] == limit
    assert 200 < found.numbers["most_needed_tokens"] < 400
    assert found.numbers["ran_away_rate"] < 0.05


@pytest.mark.parametrize(
    ("draw", "limit"),
    [
        (_usual, 1_000),
        (_heavy, 8_000),
        (lambda random: 1e9 if random.random() < 0.3 else _usual(random), 4_000),
    ],
    ids=["roomy, and nothing ever runs away", "a heavy tail", "long answers are what it gives"],
)
def test_a_limit_that_does_no_harm_is_left_alone(draw: Draw, limit: int) -> None:
    assert _find(*_make(draw, limit)) == []


def _write_long(*, good: bool) -> MakeAttempt:
    """Return a step of whose answers one in fifty is twenty times as long, and then worth something or nothing."""

    def write_once(random: Random, number: int) -> Attempt:
        is_long = random.random() < 0.02
        tokens = round(_usual(random) * (20 if is_long else 1))
        kind = ErrorClass.REJECTED if is_long and not good else ErrorClass.NONE
        return attempt(number, error_class=kind, model="sim:large", tokens=(50, tokens))

    return write_once


@pytest.mark.parametrize("config", ["", "{max_tokens: 16000}"], ids=["no limit", "a high one"])
def test_answers_that_run_away_below_the_limit_are_told_from_long_good_ones(config: str) -> None:
    workflow = make_workflow(draft_config=config)
    worthless = make_runs(workflow, 400, draft=_write_long(good=False))
    [found] = _find(worthless, workflow)
    assert found.numbers["ran_away_rate"] == pytest.approx(0.02, abs=0.015)
    assert 200 < found.numbers["most_needed_tokens"] < 500
    assert found.numbers["wasted_tokens_per_run"] > 10
    first, *_ = propose(found, workflow, worthless, ProposerSettings())
    assert first.patch_class == "token_cap"
    assert _find(make_runs(workflow, 400, draft=_write_long(good=True)), workflow) == []


def test_long_answers_whose_runs_fail_further_on_ran_away() -> None:
    def trip(random: Random, number: int) -> Attempt:
        broken = lengths[-1] > 1_000
        return attempt(number, error_class=ErrorClass.CRASH if broken else ErrorClass.NONE)

    def write_once(random: Random, number: int) -> Attempt:
        written = _write_long(good=True)(random, number)
        lengths.append(written.output_tokens)
        return written

    lengths: list[int] = []
    workflow = make_workflow()
    [found] = _find(make_runs(workflow, 400, classify=write_once, lookup=trip), workflow)
    assert found.step_id == "classify"


def test_few_answers_arent_enough_for_an_extreme_quantile() -> None:
    [found] = _find(*_make(_usual, 8_000, count=60))
    assert not found.enough
    assert found.runs_needed == 40


def test_the_lowest_safe_limit_is_proposed_and_a_modest_one_beside_it() -> None:
    runs, workflow = _make(_running_away, 1_000)
    [found] = _find(runs, workflow)
    bold, modest = propose(found, workflow, runs, ProposerSettings())
    assert bold.patch.operations[0].path == "/steps/2/config/max_tokens"
    assert bold.patch.operations[0].value in (250, 300, 350, 400)
    assert modest.patch.operations[0].value == 500
    assert {bold.patch_class, modest.patch_class} == {"token_cap"}
    only = propose(found, workflow, runs, ProposerSettings(max_token_cut=100))
    assert [one.title for one in only] == [bold.title]


def test_the_safe_limit_stops_hardly_any_answer_to_come() -> None:
    stopped = answers = 0
    for seed in range(40):
        runs, workflow = _make(_running_away, 4_000, count=120, seed=seed)
        found, *_ = _find(runs, workflow)
        limit = found.numbers["most_needed_tokens"]
        random = Random(f"to come {seed}")
        stopped += sum(_usual(random) > limit for _ in range(1_000))
        answers += 1_000
    assert stopped / answers < 0.0005
