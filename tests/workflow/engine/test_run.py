"""A whole run: score, policies, facts, chance, cancelling."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from policy_dsl import compile_expression
from telemetry import ErrorClass, Outcome
from tests.builders import STARTED_AT, make_program, run
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance, ask_nobody
from tests.fakes.skills import FakeSkills
from workflow import (
    RESULT_NAMES,
    Event,
    RunFinished,
    RunStarted,
    SpanCollector,
    StepFinished,
    StepStarted,
    VirtualTimeLoop,
    hash_with,
    perform_live,
    run_program,
)
from workflow.engine.leaf_plans import SCORE_STEP_ID

PASS = "- {name: a, uses: flujo.value.pass}"


@pytest.mark.parametrize(
    ("given", "score"),
    [(0.5, 0.5), (1, 1.0), (True, 1.0), ({"score": 0.25}, 0.25), ("high", None), (None, None)],
)
def test_the_score_is_what_the_declared_skill_says_of_the_run(
    given: JsonValue, score: float | None
) -> None:
    seen: list[JsonValue] = []

    def grade(data: JsonValue) -> JsonValue:
        seen.append(data)
        return given

    program = make_program(PASS, rest="score: s:grade\n")
    result = run(program, {"x": 1}, skills={"s:grade": grade})
    assert result.score == score
    assert result.output == {"x": 1}
    assert seen == [{"input": {"x": 1}, "output": {"x": 1}, "context": {"x": 1}}]
    assert result.steps[-1].step_id == SCORE_STEP_ID


def test_the_score_may_be_the_output_of_a_step() -> None:
    assert run(make_program(PASS, rest="score: a\n"), 0.7).score == 0.7


def test_a_step_with_a_colon_in_its_name_can_be_the_score() -> None:
    program = make_program('- {name: "a:b", uses: flujo.value.pass}', rest="score: a:b\n")
    assert run(program, 0.7).score == 0.7


def test_a_scorer_that_fails_gives_no_score_and_spoils_no_run() -> None:
    program = make_program(PASS, rest="score: s:grade\n")
    result = run(program, 1, skills={"s:grade": lambda _: 1 / 0})
    assert (result.outcome, result.score, result.output) == (Outcome.OK, None, 1)
    assert result.steps[-1].error_class is ErrorClass.CRASH


def test_a_run_that_failed_is_not_scored() -> None:
    program = make_program("- {name: a, uses: s:a}", rest="score: s:grade\n")
    assert run(program, skills={"s:a": lambda _: 1 / 0}).score is None


def policy(assertion: str, more: str = "") -> str:
    return f"policies: [{{id: p, assert: {assertion}{more}}}]\n"


def test_a_breached_policy_fails_the_run_and_keeps_its_output() -> None:
    result = run(make_program(PASS, rest=policy("result.output > 1, message: too small")), 1)
    assert (result.outcome, result.error_class) == (Outcome.ERROR, ErrorClass.POLICY)
    assert result.error == "policy 'p': too small"
    assert result.output == 1
    assert run(make_program(PASS, rest=policy("result.output > 1")), 2).succeeded


@pytest.mark.parametrize("more", [", action: WARN", ", enforcement: advisory"])
def test_a_warning_or_an_advisory_policy_is_told_and_fails_nothing(more: str) -> None:
    result = run(make_program(PASS, rest=policy("result.output > 1", more)), 1)
    assert result.succeeded
    assert [found.policy_id for found in result.violations] == ["p"]


def test_what_a_policy_can_not_know_is_a_breach() -> None:
    assert (
        run(make_program(PASS, rest=policy("result.score > 0.5")), 1).error_class
        is ErrorClass.POLICY
    )


def test_a_policy_on_patches_is_not_judged_on_runs() -> None:
    assert run(make_program(PASS, rest=policy("tier == 'LOW'")), 1).succeeded


def test_every_fact_of_a_result_has_a_name_and_every_name_a_fact() -> None:
    facts = run(make_program(PASS), 1).facts()
    record = RESULT_NAMES.fields["result"]
    told = set(record.fields)  # type: ignore[union-attr]
    assert set(facts) <= told
    for name in facts:
        compile_expression(f"result.{name}", RESULT_NAMES)


def test_the_facts_tell_the_whole_and_each_step() -> None:
    steps = "- {name: w, uses: agents.writer, config: {max_retries: 1}}"
    failed = Answer(error=ErrorClass.CRASH, cost_usd="0.1", tokens=(1, 0))
    agents = ScriptedAgents({"writer": [failed, Answer("x", 2, "0.2", (3, 4))]})
    facts = run(make_program(steps), agents=agents).facts()
    assert facts["total_cost_usd"] == pytest.approx(0.3)
    assert (facts["total_tokens"], facts["retries"], facts["latency_ms"]) == (8, 1, 2000)
    assert (facts["path"], facts["success"], facts["error"]) == (["w"], True, None)
    step = facts["step"]
    assert isinstance(step, dict)
    assert step["w"] == facts["steps"][0]  # type: ignore[index]


CHANCE = """
- {name: a, uses: agents.writer, config: {max_retries: 2, backoff_s: 1}, fallback: {name: f, uses: flujo.value.pass}}
- kind: parallel
  name: p
  on_branch_failure: ignore
  branches: {x: [{name: b, uses: agents.reader}], y: [{name: c, uses: agents.writer, config: {timeout_s: 1}}]}
"""


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_run_to_the_last_digit(seed: int) -> None:
    program = make_program(CHANCE)
    one, other = (run(program, agents=ask_by_chance, seed=seed) for _ in range(2))
    assert one == other


def test_another_seed_gives_another_run() -> None:
    program = make_program(CHANCE)
    assert len({run(program, agents=ask_by_chance, seed=seed).latency_s for seed in range(20)}) > 10


def test_an_attempt_s_luck_does_not_depend_on_what_ran_before() -> None:
    later = make_program("- {name: z, uses: flujo.value.pass}\n- {name: a, uses: agents.writer}")
    alone = make_program("- {name: a, uses: agents.writer}")
    for seed in range(10):
        first = run(alone, agents=ask_by_chance, seed=seed).steps[-1]
        assert run(later, agents=ask_by_chance, seed=seed).steps[-1]._replace() == first


def test_money_is_exact() -> None:
    steps = "- {kind: loop, name: l, loop: {max_loops: 10, body: [{name: w, uses: agents.writer}]}}"
    agents = ScriptedAgents({"writer": [Answer(cost_usd="0.1")]})
    assert run(make_program(steps), agents=agents).cost_usd == Decimal("1.0")


def cancel_after(seconds: float, steps: str, agents: ScriptedAgents) -> list[Event]:
    events: list[Event] = []

    async def start_and_cancel() -> None:
        running = asyncio.create_task(
            run_program(
                make_program(steps),
                None,
                perform=perform_live(agents, FakeSkills({})),
                run_id="r",
                started_at=STARTED_AT,
                listeners=[events.append],
            )
        )
        await asyncio.sleep(seconds)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:
        runner.run(start_and_cancel())
    return events


def test_a_cancelled_run_tells_every_step_and_itself_and_leaves_no_task_behind() -> None:
    steps = """
- kind: parallel
  name: p
  branches:
    x: [{name: a, uses: agents.writer}, {name: never, uses: agents.writer}]
    y: [{kind: loop, name: l, loop: {body: [{name: b, uses: agents.reader}]}}]
"""
    agents = ScriptedAgents({"writer": [Answer(latency_s=9)], "reader": [Answer(latency_s=2)]})
    events = cancel_after(3, steps, agents)
    ended = {
        (event.visit.node.step_id, event.visit.number): event.outcome
        for event in events
        if isinstance(event, StepFinished)
    }
    assert ended == {
        ("p/y/l/b", 0): Outcome.OK,
        ("p/y/l/b", 1): Outcome.CANCELLED,
        ("p/y/l", 0): Outcome.CANCELLED,
        ("p/x/a", 0): Outcome.CANCELLED,
        ("p", 0): Outcome.CANCELLED,
    }
    assert isinstance(events[-1], RunFinished)
    assert events[-1].result.outcome is Outcome.CANCELLED


@pytest.mark.parametrize("seconds", [0, 1, 3])
def test_whatever_starts_ends_exactly_once_even_when_cancelled(seconds: float) -> None:
    agents = ScriptedAgents({"writer": [Answer(latency_s=2)], "reader": [Answer(latency_s=2)]})
    events = cancel_after(seconds, CHANCE, agents)
    started = [event.visit.span for event in events if isinstance(event, StepStarted)]
    ended = [event.visit.span for event in events if isinstance(event, StepFinished)]
    assert sorted(started) == sorted(ended)
    assert len(started) == len(set(started))
    assert [type(event) for event in (events[0], events[-1])] == [RunStarted, RunFinished]


def test_spans_of_a_cancelled_run_are_complete() -> None:
    collector = SpanCollector()
    for event in cancel_after(1, CHANCE, ScriptedAgents({"writer": [Answer(latency_s=2)]})):
        collector(event)
    assert {span.name for span in collector.take()} == {"run flow.yaml", "step a", "chat sim:large"}


@pytest.mark.parametrize("hasher", [hash_with(b"k"), hash_with(b"")])
def test_input_hashes_tell_equal_inputs_and_nothing_else(
    hasher: Callable[[JsonValue], str],
) -> None:
    assert hasher({"a": 1, "b": [2]}) == hasher({"b": [2], "a": 1})
    assert hasher({"a": 1}) != hasher({"a": 2})
    assert hasher({"a": 1}) != hash_with(b"another")({"a": 1})
    assert len(hasher(None)) == 32


def test_nobody_is_asked_by_a_workflow_of_skills_alone() -> None:
    assert run(make_program(PASS), 1, agents=ask_nobody).cost_usd == 0
