"""Streams: answers in parts, as they come, and no faster than they are taken."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import pytest
from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from tests.builders import STARTED_AT, Function, make_program, record, run
from tests.fakes.agents import ask_nobody
from tests.fakes.skills import FakeSkills
from workflow import (
    AgentCall,
    AgentReply,
    AskAgent,
    ChunkSent,
    Event,
    Program,
    Recorder,
    Resumption,
    RunFinished,
    RunPaused,
    StepStarted,
    VirtualTimeLoop,
    answer_question,
    perform_live,
    stream_program,
)

T = TypeVar("T")
STEP = "- {name: a, uses: s:a}"


async def count_to_9(_: JsonValue) -> AsyncIterator[int]:
    for number in range(10):
        yield number


async def words(_: JsonValue) -> AsyncIterator[str]:
    for word in ("one ", "two ", "three"):
        yield word


async def nothing(_: JsonValue) -> AsyncIterator[str]:
    no_words: list[str] = []
    for word in no_words:
        yield word


async def mixed(_: JsonValue) -> AsyncIterator[JsonValue]:
    yield "a"
    yield {"b": [1]}


async def whole(call: AgentCall) -> AgentReply:
    if call.send_chunk:
        for part in ("Dear ", "customer"):
            await call.send_chunk(part)
            await call.sleep(1)
    return AgentReply("Dear customer", call.model)


def on_virtual_time(main: Coroutine[None, None, T]) -> T:
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:
        return runner.run(main)


def stream(
    program: Program,
    skill: Function | None = None,
    *,
    ahead: int = 16,
    agents: AskAgent = ask_nobody,
) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
    return stream_program(
        program,
        None,
        perform=perform_live(agents, FakeSkills({"s:a": skill} if skill else {})),
        run_id="run-1",
        started_at=STARTED_AT,
        ahead=ahead,
    )


@pytest.mark.parametrize(
    ("function", "output"),
    [
        (words, "one two three"),
        (count_to_9, [*range(10)]),
        (mixed, ["a", {"b": [1]}]),
        (nothing, []),
    ],
)
@pytest.mark.parametrize("streams", [True, False])
def test_texts_are_joined_and_everything_else_makes_a_list(
    function: Function, output: JsonValue, streams: bool
) -> None:
    result = run(make_program(STEP), skills={"s:a": function}, streams=streams)
    assert result.output == output


def test_a_recording_holds_the_whole_answer() -> None:
    recording = record(make_program(STEP), skills={"s:a": words})
    assert recording.steps[0].attempts[0].result == "one two three"


def test_the_events_of_a_run_come_one_by_one_with_the_chunks_among_them() -> None:
    async def main() -> list[Event]:
        async with stream(make_program(STEP), words) as events:
            return [event async for event in events]

    told = on_virtual_time(main())
    names = [type(event).__name__ for event in told]
    chunks = ["ChunkSent"] * 3
    ends = ["AttemptFinished", "StepFinished", "RunFinished"]
    assert names == ["RunStarted", "StepStarted", *chunks, *ends]
    last = told[-1]
    assert isinstance(last, RunFinished)
    assert last.result.output == "one two three"


def test_an_agent_streams_when_somebody_listens() -> None:
    async def main() -> list[tuple[JsonValue, float]]:
        async with stream(make_program(), agents=whole) as events:
            return [(one.chunk, one.at_s) async for one in events if isinstance(one, ChunkSent)]

    assert on_virtual_time(main()) == [("Dear ", 0), ("customer", 1)]
    assert run(make_program(), agents=whole).latency_s == 0


def test_chunks_of_a_failed_attempt_are_told_from_those_of_the_next() -> None:
    tries: list[int] = []

    async def flaky(_: JsonValue) -> AsyncIterator[str]:
        tries.append(1)
        yield "half"
        if len(tries) == 1:
            raise ConnectionError("cut")

    async def main() -> list[int]:
        program = make_program("- {name: a, uses: s:a, config: {max_retries: 1}}")
        async with stream(program, flaky) as events:
            return [one.attempt async for one in events if isinstance(one, ChunkSent)]

    assert on_virtual_time(main()) == [1, 2]


@pytest.mark.parametrize("ahead", [1, 2, 5])
def test_a_slow_consumer_slows_the_producer_down(ahead: int) -> None:
    made, most = [0], [0]

    async def produce(_: JsonValue) -> AsyncIterator[int]:
        for number in range(40):
            made[0] += 1
            yield number

    async def main() -> int:
        taken = 0
        async with stream(make_program(STEP), produce, ahead=ahead) as events:
            async for event in events:
                await asyncio.sleep(1)
                taken += isinstance(event, ChunkSent)
                most[0] = max(most[0], made[0] - taken)
        return taken

    assert on_virtual_time(main()) == 40
    assert 1 <= most[0] <= ahead + 1


def test_a_slow_consumer_slows_steps_down_too() -> None:
    program = make_program(
        "- {name: again, kind: loop, loop: {max_loops: 30, body: [{name: a, uses: flujo.value.pass}]}}"
    )

    async def main() -> list[float]:
        async with stream(program, ahead=4) as events:
            started = []
            async for event in events:
                await asyncio.sleep(1)
                if isinstance(event, StepStarted):
                    started.append(event.at_s)
            return started

    started = on_virtual_time(main())
    assert started[-1] > 60


def test_leaving_early_cancels_the_run_and_leaves_nothing_behind() -> None:
    closed: list[str] = []

    async def forever(_: JsonValue) -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(5)
            closed.append("closed")

    ended: list[Outcome] = []

    def note(event: Event) -> None:
        if isinstance(event, RunFinished):
            ended.append(event.result.outcome)

    async def main() -> int:
        opened = stream_program(
            make_program(STEP),
            None,
            perform=perform_live(ask_nobody, FakeSkills({"s:a": forever})),
            run_id="run-1",
            started_at=STARTED_AT,
            listeners=[note],
        )
        async with opened as events:
            async for event in events:
                if isinstance(event, ChunkSent):
                    break
        return len(asyncio.all_tasks())

    assert on_virtual_time(main()) == 1
    assert (closed, ended) == (["closed"], [Outcome.CANCELLED])


def test_an_answer_without_end_fails_before_it_fills_the_memory() -> None:
    async def forever(_: JsonValue) -> AsyncIterator[str]:
        while True:
            yield "x" * 1_000_000

    result = run(make_program(STEP), skills={"s:a": forever})
    assert result.error_class is ErrorClass.INVALID_OUTPUT
    assert "4 MiB" in result.error


def test_a_chunk_that_is_no_json_fails_the_attempt() -> None:
    async def sets(_: JsonValue) -> AsyncIterator[object]:
        yield {1, 2}

    result = run(make_program(STEP), skills={"s:a": sets})
    assert result.error_class is ErrorClass.INVALID_OUTPUT


def test_room_for_nothing_is_refused() -> None:
    async def main() -> None:
        async with stream(make_program(STEP), ahead=0):
            pass

    with pytest.raises(ValueError, match="at least 1"):
        on_virtual_time(main())


def test_a_run_that_asks_streams_up_to_its_pause_and_goes_on_in_another_stream() -> None:
    program = make_program(STEP + "\n- {kind: hitl, name: ask, message: Well?}")
    recorder = Recorder()

    async def collect(past: Resumption | None = None) -> list[Event]:
        opened = stream_program(
            program,
            None,
            perform=perform_live(ask_nobody, FakeSkills({"s:a": words})),
            run_id="run-1",
            started_at=STARTED_AT,
            listeners=[recorder],
            past=past,
        )
        async with opened as events:
            return [event async for event in events]

    paused = on_virtual_time(collect())
    assert isinstance(paused[-1], RunPaused)
    (waiting,) = recorder.take_paused()
    ended = on_virtual_time(collect(answer_question(waiting, "yes")))
    assert isinstance(ended[-1], RunFinished)
    assert ended[-1].result.output == "yes"
