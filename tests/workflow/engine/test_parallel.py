"""`parallel`: all branches at once, reduced and merged as the step says."""

import threading

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import AttemptFinished, Event, StepFinished


def both(more: str = "", left: str = "s:left", right: str = "s:right") -> str:
    return f"""
- kind: parallel
  name: both
  branches:
    left: [{{name: l, uses: {left}, sink_to: l}}]
    right: [{{name: r, uses: {right}, sink_to: r}}]
{more}
"""


@pytest.mark.parametrize(
    ("reduce", "left", "right", "output"),
    [
        ("", 1, 2, {"left": 1, "right": 2}),
        ("keys", 1, 2, ["left", "right"]),
        ("values", 1, 2, [1, 2]),
        ("first", 1, 2, 1),
        ("last", 1, 2, 2),
        ("union", {"a": 1, "b": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ("union", {"a": 1}, "text", {"a": 1}),
        ("concat", [1], 2, [1, 2]),
    ],
)
def test_outputs_are_reduced_in_the_order_of_the_spec(
    reduce: str, left: JsonValue, right: JsonValue, output: JsonValue
) -> None:
    steps = both(f"  reduce: {reduce}" if reduce else "")
    skills = {"s:left": lambda _: left, "s:right": lambda _: right}
    assert run(make_program(steps), skills=skills).output == output


def ask_both(left: Answer, right: Answer) -> ScriptedAgents:
    return ScriptedAgents({"writer": [left], "reader": [right]})


def test_branches_run_at_the_same_time() -> None:
    steps = both(left="agents.writer", right="agents.reader")
    agents = ask_both(Answer(latency_s=3), Answer(latency_s=5))
    assert run(make_program(steps), agents=agents).latency_s == 5


def test_a_failure_cancels_the_other_branches_and_all_of_them_are_told_once() -> None:
    steps = both(left="agents.writer", right="agents.reader")
    agents = ask_both(
        Answer(latency_s=3, error=ErrorClass.CRASH), Answer(latency_s=5, cost_usd="1")
    )
    events: list[Event] = []
    result = run(make_program(steps), agents=agents, listeners=[events.append])
    assert (result.error_class, result.latency_s) == (ErrorClass.CRASH, 3)
    ended = [event for event in events if isinstance(event, StepFinished)]
    assert [(event.visit.node.step_id, event.outcome) for event in ended] == [
        ("both/left/l", Outcome.ERROR),
        ("both/right/r", Outcome.CANCELLED),
        ("both", Outcome.ERROR),
    ]
    cut = [event for event in events if isinstance(event, AttemptFinished) and event.cut_off]
    assert [(event.visit.node.step_id, event.outcome) for event in cut] == [
        ("both/right/r", Outcome.CANCELLED)
    ]


def test_a_cancelled_step_keeps_what_its_earlier_attempts_cost() -> None:
    steps = """
- kind: parallel
  name: both
  branches:
    left: [{name: l, uses: agents.writer}]
    right: [{name: r, uses: agents.reader, config: {max_retries: 1}}]
"""
    failed = Answer(error=ErrorClass.CRASH, cost_usd="0.5")
    agents = ScriptedAgents(
        {
            "writer": [Answer(latency_s=3, error=ErrorClass.CRASH)],
            "reader": [failed, Answer(latency_s=9)],
        }
    )
    result = run(make_program(steps), agents=agents)
    right = next(step for step in result.steps if step.name == "r")
    assert (right.outcome, right.attempts, str(right.cost_usd)) == (Outcome.CANCELLED, 2, "0.5")
    assert result.cost_usd == right.cost_usd


def test_a_failure_may_be_ignored_and_gives_null() -> None:
    steps = both("  on_branch_failure: ignore")
    skills = {"s:left": lambda _: 1 / 0, "s:right": lambda _: 2}
    result = run(make_program(steps), skills=skills)
    assert result.output == {"left": None, "right": 2}
    assert result.succeeded


def test_the_context_of_branches_is_their_own_unless_it_is_merged() -> None:
    skills = {"s:left": lambda _: 1, "s:right": lambda _: 2}
    apart = run(make_program(both()), {"x": 0}, skills=skills)
    assert apart.context == {"x": 0}
    merged = run(make_program(both("  merge_strategy: context_update")), {"x": 0}, skills=skills)
    assert merged.context == {"x": 0, "l": 1, "r": 2}


def test_a_branch_that_only_saw_a_key_does_not_undo_what_another_set() -> None:
    steps = """
- kind: parallel
  name: both
  merge_strategy: context_update
  branches:
    sets: [{name: a, uses: flujo.value.pass, input: new, sink_to: x}]
    sees: [{name: b, uses: flujo.value.pass, input: "{{ context.x }}"}]
"""
    assert run(make_program(steps), {"x": "old"}).context == {"x": "new"}


def test_a_branch_that_only_saw_a_step_does_not_undo_its_newer_output() -> None:
    steps = """
- {name: draft, uses: flujo.value.pass, input: old}
- kind: parallel
  name: both
  branches:
    again: [{name: draft, uses: flujo.value.pass, input: new}]
    other: [{name: b, uses: flujo.value.pass}]
- {name: after, uses: flujo.value.pass, input: "{{ steps.draft.output }}"}
"""
    assert run(make_program(steps)).output == "new"


def test_branches_that_block_in_threads_go_on_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def meet(_: JsonValue) -> JsonValue:
        return meeting.wait() in (0, 1)

    result = run(make_program(both()), skills={"s:left": meet, "s:right": meet})
    assert result.output == {"left": True, "right": True}
