"""Runs versions of a world's workflow on the real engine and a virtual clock."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.planted.acting import perform_as
from benchmarks.planted.items import make_item
from benchmarks.planted.world import World
from meta_agent import RunOutcome
from telemetry import Run, Span, assemble_runs
from workflow import (
    Listener,
    Recorder,
    Recording,
    RunResult,
    SpanCollector,
    VirtualTimeLoop,
    Workflow,
    compile_program,
    hash_with,
    run_program,
)

_STARTS_AT = datetime(2026, 3, 1, tzinfo=UTC)
_MONTH_S = 365.25 / 12 * 86_400
_HASH_KEY = b"planted"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the product sees of a world: telemetry, and the recordings of as many runs, in order."""

    runs: tuple[Run, ...]
    recordings: tuple[Recording, ...]

    def first(self, count: int, *, recorded: int) -> "Shown":
        """Return the first runs, and recordings of the first of those."""
        return Shown(self.runs[:count], self.recordings[: min(count, recorded)])


def show(world: World, runs: int, *, recorded: int) -> Shown:
    """Run the workflow as it is; the first runs are recorded too."""
    spans, recorder = SpanCollector(), Recorder()
    _run(world, world.workflow, range(recorded), (spans, recorder))
    _run(world, world.workflow, range(recorded, runs), (spans,))
    assembled = assemble_runs(spans.take()).runs
    return Shown(tuple(sorted(assembled, key=lambda run: run.started_at)), tuple(recorder.take()))


def tell(world: World, runs: int) -> list[Span]:
    """Return the spans of the first runs, as they would be sent."""
    spans = SpanCollector()
    _run(world, world.workflow, range(runs), (spans,))
    return spans.take()


def play(world: World, workflow: Workflow, numbers: Sequence[int]) -> list[RunOutcome]:
    """Return how the runs of these numbers end with some version of the workflow."""
    results = _run(world, workflow, numbers, ())
    return [
        RunOutcome(float(result.cost_usd), result.succeeded, result.latency_s) for result in results
    ]


def _run(
    world: World, workflow: Workflow, numbers: Sequence[int], listeners: Sequence[Listener]
) -> list[RunResult]:
    program, perform = compile_program(workflow), perform_as(world.cast)
    loop = VirtualTimeLoop(count_cpu=False)
    assert world.roi.runs_per_month is not None
    spacing = timedelta(seconds=_MONTH_S / world.roi.runs_per_month)

    async def run_one(number: int) -> RunResult:
        loop.rewind()
        return await run_program(
            program,
            make_item(world.seed, number),
            perform=perform,
            run_id=f"{world.seed:x}-{number:x}",
            started_at=_STARTS_AT + spacing * number,
            seed=number,
            listeners=listeners,
            hash_input=hash_with(_HASH_KEY),
        )

    async def run_all() -> list[RunResult]:
        return [await run_one(number) for number in numbers]

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(run_all())
