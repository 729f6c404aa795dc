"""Structured concurrency: wherever a run is cancelled, nothing of it goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import Outcome
from tests.builders import STARTED_AT
from tests.fakes.agents import ask_by_chance
from tests.fakes.skills import FakeSkills
from tests.workflow.random_workflows import programs
from workflow import (
    AbortRun,
    AttemptFinished,
    Event,
    Program,
    RunFinished,
    RunResult,
    RunStarted,
    SpanCollector,
    StepFinished,
    StepStarted,
    VirtualTimeLoop,
    perform_live,
    run_program,
)


class Watcher:
    """A listener and a resource: what began, what has ended, what is open."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.open = 0

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @asynccontextmanager
    async def resource(self) -> AsyncIterator[int]:
        self.open += 1
        try:
            await asyncio.sleep(0.1)
            yield self.open
        finally:
            try:
                await asyncio.sleep(0.1)
            finally:
                self.open -= 1

    def check(self) -> None:
        """What began was told to have ended, each inside the other, and the end of the run came last."""
        assert self.open == 0
        assert isinstance(self.events[0], RunStarted)
        assert isinstance(self.events[-1], RunFinished)
        open_spans: set[int] = set()
        for event in self.events:
            if isinstance(event, StepStarted):
                open_spans.add(event.visit.span)
            elif isinstance(event, StepFinished):
                open_spans.remove(event.visit.span)
            elif isinstance(event, AttemptFinished):
                assert event.visit.span in open_spans
        assert not open_spans


def go(
    program: Program, seed: int, watcher: Watcher, act: Callable[["asyncio.Task[RunResult]"], None]
) -> RunResult | None:
    """Run on a virtual clock, let `act` do something to the task, and return the result, None when cancelled."""
    spans = SpanCollector()

    async def hook(event: Event) -> None:
        if isinstance(event, StepStarted) and seed % 97 == event.visit.span:
            raise AbortRun("by chance")

    async def main() -> RunResult | None:
        task = asyncio.create_task(
            run_program(
                program,
                {"x": 1},
                perform=perform_live(ask_by_chance, FakeSkills({})),
                run_id="run-1",
                started_at=STARTED_AT,
                seed=seed,
                listeners=[watcher, spans],
                hooks=[hook],
                resources={"db": watcher.resource, "cache": watcher.resource},
            )
        )
        act(task)
        await asyncio.wait([task])
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return None if task.cancelled() else task.result()

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=False)) as runner:
        result = runner.run(main())
    assert len({span.span_id for span in spans.take()}) > 0
    return result


@settings(deadline=None, max_examples=120)
@given(programs, st.integers(0, 999), st.lists(st.floats(0, 12), min_size=1, max_size=2))
def test_a_run_cancelled_at_any_time_leaves_no_task_and_no_open_resource_and_tells_its_end(
    program: Program, seed: int, after_s: list[float]
) -> None:
    watcher = Watcher()

    def cancel(task: "asyncio.Task[RunResult]") -> None:
        for seconds in after_s:
            asyncio.get_running_loop().call_later(seconds, task.cancel)

    result = go(program, seed, watcher, cancel)
    watcher.check()
    last = watcher.events[-1]
    assert isinstance(last, RunFinished)
    assert (last.result.outcome is Outcome.CANCELLED) == (result is None)


@settings(deadline=None, max_examples=40)
@given(programs, st.integers(0, 999))
def test_so_does_a_run_that_fails_or_that_a_hook_ends(program: Program, seed: int) -> None:
    watcher = Watcher()
    assert go(program, seed, watcher, lambda _: None) is not None
    watcher.check()
