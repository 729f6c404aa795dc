"""Run a workflow, once or many times, telling its telemetry and recordings to whoever keeps them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from pydantic import JsonValue

from telemetry import Span
from workflow import (
    Listener,
    Perform,
    Program,
    Recorder,
    Recording,
    RunResult,
    SpanCollector,
    hash_with,
    run_program,
)

KeepSpans = Callable[[Sequence[Span]], None]
KeepRecordings = Callable[[Sequence[Recording]], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """What to run: `inputs` are taken in turn until `runs` is reached; run N starts `spacing` after run N-1."""

    inputs: Sequence[JsonValue]
    runs: int
    seed: int
    ends_at: datetime
    spacing: timedelta = timedelta(0)

    def started_at(self, number: int) -> datetime:
        """When the run of that number (from 0) starts; the last one starts at `ends_at`."""
        return self.ends_at - self.spacing * (self.runs - 1 - number)


def run_batch(
    program: Program,
    batch: Batch,
    *,
    perform: Perform,
    hash_key: bytes,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None,
    keep_spans: KeepSpans | None = None,
    keep_recordings: KeepRecordings | None = None,
    report: Callable[[RunResult], None] = lambda _: None,
    overrides: Mapping[str, str] | None = None,
    may_start: Callable[[datetime], bool] = lambda _: True,
) -> list[RunResult]:
    """Run the batch one after the other; what a finished run left is kept before the next one starts.

    `overrides` are reasons for violating soft-mandatory policies, by id. Where `may_start` says no, the batch ends.
    """
    results: list[RunResult] = []
    spans, recorder = SpanCollector(), Recorder()
    listeners: list[Listener] = [
        *([spans] if keep_spans else []),
        *([recorder] if keep_recordings else []),
    ]
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        for number in range(batch.runs):
            if not may_start(batch.started_at(number)):
                break
            result = runner.run(
                run_program(
                    program,
                    batch.inputs[number % len(batch.inputs)],
                    perform=perform,
                    run_id=uuid4().hex,
                    started_at=batch.started_at(number),
                    seed=batch.seed + number,
                    listeners=listeners,
                    hash_input=hash_with(hash_key),
                    overrides=overrides,
                )
            )
            if keep_spans:
                keep_spans(spans.take())
            if keep_recordings:
                keep_recordings(recorder.take())
            results.append(result)
            report(result)
    return results
