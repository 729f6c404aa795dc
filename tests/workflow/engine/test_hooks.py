"""Hooks: a run waits for them, and they may end it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import make_program, run
from tests.fakes.agents import Answer, ScriptedAgents
from workflow import (
    AbortRun,
    ChunkSent,
    Event,
    Recorder,
    RunFinished,
    RunPaused,
    RunStarted,
    StepFinished,
    StepStarted,
)

TWO = "- {name: a, uses: flujo.value.pass}\n- {name: b, uses: flujo.value.pass}\n"


def abort_at(kind: type[Event], step_id: str = "") -> "Aborter":
    return Aborter(kind, step_id)


class Aborter:
    """A hook that aborts at the first event of a kind, and of a step."""

    def __init__(self, kind: type[Event], step_id: str) -> None:
        self.kind, self.step_id = kind, step_id

    async def __call__(self, event: Event) -> None:
        visit = getattr(event, "visit", None)
        if isinstance(event, self.kind) and (not visit or visit.node.step_id == self.step_id):
            raise AbortRun("enough")


def test_a_hook_is_waited_for_before_and_after_the_run_and_each_step() -> None:
    seen: list[str] = []

    async def watch(event: Event) -> None:
        await asyncio.sleep(1)
        seen.append(type(event).__name__)

    result = run(make_program(TWO), "x", hooks=[watch])
    steps = ["StepStarted", "StepFinished"] * 2
    assert seen == ["RunStarted", *steps, "RunFinished"]
    assert result.latency_s == 5


def test_a_hook_before_a_step_sees_what_the_step_is_given() -> None:
    seen: list[JsonValue] = []

    async def watch(event: Event) -> None:
        if isinstance(event, StepStarted):
            seen.append(event.input)

    run(make_program("- {name: a, uses: flujo.value.pass, input: 'is {{ this }}'}"), hooks=[watch])
    assert seen == ["is "]


@pytest.mark.parametrize(
    ("hook", "ran"),
    [
        (abort_at(RunStarted), []),
        (abort_at(StepStarted, "b"), [("a", "ok"), ("b", "cancelled")]),
        (abort_at(StepFinished, "a"), [("a", "ok")]),
        (abort_at(RunFinished), [("a", "ok"), ("b", "ok")]),
    ],
)
def test_an_abort_ends_the_run_there_and_tells_the_reason(
    hook: Aborter, ran: list[tuple[str, str]]
) -> None:
    events: list[Event] = []
    result = run(make_program(TWO), "x", hooks=[hook], listeners=[events.append])
    assert (result.outcome, result.error_class) == (Outcome.ERROR, ErrorClass.POLICY)
    assert result.error == "aborted by hook 'Aborter': enough"
    assert [(step.step_id, step.outcome) for step in result.steps] == ran
    assert events[-1] == RunFinished(result)


def test_an_abort_cancels_what_runs_and_no_fallback_or_ignored_failure_survives_it() -> None:
    steps = """
- kind: parallel
  name: both
  on_branch_failure: ignore
  branches:
    quick: [{name: a, uses: flujo.value.pass, fallback: {name: f, uses: flujo.value.pass}}]
    slow: [{name: b, uses: agents.writer}]
"""
    agents = ScriptedAgents({"writer": [Answer(latency_s=60)]})
    result = run(make_program(steps), agents=agents, hooks=[abort_at(StepFinished, "both/quick/a")])
    ended = {step.step_id: step.outcome for step in result.steps}
    assert ended == {"both/quick/a": "ok", "both/slow/b": "cancelled", "both": "cancelled"}
    assert result.latency_s == 0
    assert result.error.endswith("enough")


ASKS = "- {name: a, uses: flujo.value.pass}\n- {kind: hitl, name: ask, message: Well?}"


def test_a_pause_is_the_last_that_a_hook_sees_of_a_run() -> None:
    seen: list[str] = []

    async def watch(event: Event) -> None:
        seen.append(type(event).__name__)

    assert run(make_program(ASKS), hooks=[watch]).questions
    assert (seen[-1], seen.count("RunFinished")) == ("RunPaused", 0)


def test_a_run_that_a_hook_aborts_at_its_pause_has_failed_and_asks_nobody() -> None:
    events: list[Event] = []
    recorder = Recorder()
    hook = abort_at(RunPaused)
    result = run(make_program(ASKS), hooks=[hook], listeners=[events.append, recorder])
    assert (result.error_class, result.questions) == (ErrorClass.POLICY, ())
    assert result.error.endswith("enough")
    assert events[-1] == RunFinished(result)
    assert recorder.take_paused() == []


def test_a_hook_that_fails_is_a_failure_with_its_name() -> None:
    async def audit(event: Event) -> None:
        raise LookupError("no ledger")

    result = run(make_program(TWO), hooks=[audit])
    assert result.error_class is ErrorClass.CRASH
    assert result.error == "hook 'audit' failed: LookupError: no ledger"


def test_a_hook_may_end_an_answer_while_it_comes() -> None:
    closed: list[int] = []

    async def count(_: JsonValue) -> AsyncIterator[int]:
        number = 0
        try:
            while True:
                yield (number := number + 1)
        finally:
            closed.append(number)

    async def at_three(event: Event) -> None:
        if isinstance(event, ChunkSent) and event.chunk == 3:
            raise AbortRun("three is enough")

    program = make_program("- {name: a, uses: s:count, config: {max_retries: 3}}")
    result = run(program, skills={"s:count": count}, hooks=[at_three], streams=True)
    assert result.error == "aborted by hook 'at_three': three is enough"
    assert closed == [3]


def test_a_run_that_a_hook_aborted_is_recorded_like_one_that_failed() -> None:
    recorder = Recorder()
    run(make_program(TWO), "x", hooks=[abort_at(StepFinished, "a")], listeners=[recorder])
    (recording,) = recorder.take()
    assert recording.error_class is ErrorClass.POLICY
