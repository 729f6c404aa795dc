"""The usage governor: beyond its limits a run starts nothing new, and fails with the numbers."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import ErrorClass, Outcome
from telemetry.attributes import GOVERNOR_BREACHED, SPAN_ROLE
from tests.builders import make_program, run
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance
from tests.workflow.random_workflows import programs
from workflow import (
    AttemptFinished,
    Event,
    Program,
    RunLimits,
    SpanCollector,
    SpecError,
    StepStarted,
)

COSTLY = Answer("text", latency_s=1, cost_usd="0.25", tokens=(10, 5))
THREE = """
- {name: a, uses: agents.writer}
- {name: b, uses: agents.writer}
- {name: c, uses: agents.writer}
"""
CENTS = RunLimits(cost_usd=Decimal("0.30"))


def agents() -> ScriptedAgents:
    return ScriptedAgents({"writer": [COSTLY], "reader": [COSTLY]})


def test_beyond_the_limit_nothing_new_is_started_and_the_run_fails_with_the_numbers() -> None:
    result = run(make_program(THREE), agents=agents(), limits=CENTS)
    assert (result.outcome, result.error_class) == (Outcome.ERROR, ErrorClass.POLICY)
    assert result.error == "the run has used $0.50, its limit is $0.30"
    assert [(step.step_id, step.outcome) for step in result.steps] == [("a", "ok"), ("b", "ok")]
    assert result.governor_breached
    assert result.cost_usd == Decimal("0.50")


def test_tokens_count_in_and_out_together() -> None:
    result = run(make_program(THREE), agents=agents(), limits=RunLimits(tokens=29))
    assert result.error == "the run has used 30 tokens, its limit is 29"
    assert not run(make_program(THREE), agents=agents(), limits=RunLimits(tokens=45)).error


def test_the_last_step_may_breach_the_limit_too() -> None:
    result = run(make_program(THREE), agents=agents(), limits=RunLimits(tokens=44))
    assert (len(result.steps), result.governor_breached) == (3, True)
    assert result.output is None


def test_a_limit_of_nothing_lets_what_is_free_run() -> None:
    free = make_program("- {name: a, uses: flujo.value.pass}")
    assert run(free, "x", limits=RunLimits(Decimal(0), 0)).output == "x"


def test_what_runs_beside_the_breach_comes_to_its_end() -> None:
    steps = """
- kind: parallel
  name: both
  on_branch_failure: ignore
  branches:
    fast: [{name: a, uses: agents.writer}, {name: b, uses: agents.writer}]
    slow: [{name: c, uses: agents.reader}, {name: d, uses: agents.reader}]
"""
    slow = ScriptedAgents({"writer": [COSTLY], "reader": [Answer("slow", latency_s=9)]})
    result = run(make_program(steps), agents=slow, limits=RunLimits(Decimal("0.20")))
    ran = {step.step_id: step.outcome for step in result.steps}
    assert ran["both/fast/a"] == ran["both/slow/c"] == "ok"
    assert not {"both/fast/b", "both/slow/d"} & set(ran)
    assert result.latency_s == 9
    assert result.error_class is ErrorClass.POLICY


def test_neither_a_retry_nor_a_fallback_is_tried_beyond_the_limit() -> None:
    failing = Answer(error=ErrorClass.UNAVAILABLE, cost_usd="1")
    steps = """
- name: a
  uses: agents.writer
  config: {max_retries: 3, backoff_s: 1}
  fallback: {name: f, uses: flujo.value.pass}
"""
    script = ScriptedAgents({"writer": [failing]})
    result = run(make_program(steps), agents=script, limits=CENTS)
    assert len(script.calls) == 1
    assert [step.step_id for step in result.steps] == ["a"]
    assert result.governor_breached


def test_the_spec_may_hold_the_limits_and_the_smaller_win() -> None:
    rest = "usage_limits: {total_cost_usd_limit: 0.6, total_tokens_limit: 20}\n"
    program = make_program(THREE, rest=rest)
    assert "limit is 20" in run(program, agents=agents()).error
    assert "limit is $0.1" in run(program, agents=agents(), limits=RunLimits(Decimal("0.1"))).error
    loose = run(program, agents=agents(), limits=RunLimits(Decimal(9), 999))
    assert "limit is 20" in loose.error


@pytest.mark.parametrize(
    "limits",
    ["{total_cost_usd_limit: -1}", "{total_tokens_limit: 1.5}", "{cost: 1}", "5"],
)
def test_limits_that_make_no_sense_are_refused_with_their_place(limits: str) -> None:
    with pytest.raises(SpecError, match=r"flow\.yaml:\d+:\d+"):
        make_program(THREE, rest=f"usage_limits: {limits}\n")


def test_the_scorer_is_not_asked_beyond_the_limit() -> None:
    program = make_program(THREE, rest="score: s:grade\n")
    result = run(
        program, agents=agents(), skills={"s:grade": lambda _: 1}, limits=RunLimits(tokens=44)
    )
    assert result.score is None
    assert result.governor_breached


def test_the_span_of_the_run_tells_a_breach() -> None:
    for limits, breached in ((CENTS, True), (None, False)):
        spans = SpanCollector()
        run(make_program(THREE), agents=agents(), listeners=[spans], limits=limits)
        (root,) = [span for span in spans.take() if span.attributes[SPAN_ROLE] == "run"]
        assert root.attributes[GOVERNOR_BREACHED] is breached


@settings(deadline=None, max_examples=60)
@given(programs, st.integers(0, 1500), st.integers(0, 99))
def test_once_the_tally_is_beyond_the_limit_no_step_starts(
    program: Program, limit: int, seed: int
) -> None:
    limits = RunLimits(cost_usd=Decimal(limit) / 1_000_000)
    events: list[Event] = []
    result = run(
        program,
        {"x": 1},
        agents=ask_by_chance,
        limits=limits,
        listeners=[events.append],
        seed=seed,
    )
    spent, breached = Decimal(0), False
    for event in events:
        if isinstance(event, StepStarted):
            assert not breached
        elif isinstance(event, AttemptFinished):
            spent += event.reply.cost_usd
            breached = spent > limits.cost_usd if limits.cost_usd is not None else False
    assert result.governor_breached is breached
    assert result.cost_usd == spent
    if breached:
        assert result.error_class is ErrorClass.POLICY
