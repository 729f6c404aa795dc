"""Run a workflow, once or many times, telling its telemetry and recordings to whoever keeps them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from uuid import uuid4

from pydantic import JsonValue

from app.errors import BadInputError
from telemetry import Span
from workflow import (
    Listener,
    PausedRun,
    Perform,
    Program,
    Recorder,
    Recording,
    RunLimits,
    RunResult,
    SpanCollector,
    hash_with,
    run_program,
)

KeepSpans = Callable[[Sequence[Span]], None]
KeepRecordings = Callable[[Sequence[Recording]], None]
KeepPaused = Callable[[PausedRun], None]


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
    keep_paused: KeepPaused | None = None,
    report: Callable[[RunResult], None] = lambda _: None,
    overrides: Mapping[str, str] | None = None,
    limits: RunLimits | None = None,
    watch: Listener | None = None,
    may_start: Callable[[datetime], bool] = lambda _: True,
) -> list[RunResult]:
    """Run the batch one after the other; what a finished run left is kept before the next one starts.

    `overrides` are reasons for violating soft-mandatory policies, by id. `limits` hold for each run. With `watch` runs
    stream, and it is told what happens as it happens. Where `may_start` says no, the batch ends.
    """
    results: list[RunResult] = []
    spans, recorder = SpanCollector(), Recorder()
    listeners: list[Listener] = [
        *([spans] if keep_spans else []),
        *([recorder] if keep_recordings or (keep_paused and program.may_pause) else []),
        *([watch] if watch else []),
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
                    limits=limits,
                    streams=watch is not None,
                )
            )
            if keep_spans and not result.questions:
                keep_spans(spans.take())
            if keep_recordings:
                keep_recordings(recorder.take())
            for paused in recorder.take_paused():
                if keep_paused:
                    keep_paused(paused)
            results.append(result)
            report(result)
    return results


def keep_everywhere(*places: KeepSpans | None) -> KeepSpans | None:
    """Return what keeps spans in every place there is, None where there is none."""
    keeping = [keep for keep in places if keep]

    def keep_all(spans: Sequence[Span]) -> None:
        for keep in keeping:
            keep(spans)

    return keep_all if keeping else None


def limit_run(cost_usd: float | None, tokens: int | None) -> RunLimits:
    """Return the limits of a run as numbers that people write; None is no limit.

    Raises `BadInputError` for a cost that bounds nothing.
    """
    if cost_usd is not None and not isfinite(cost_usd):
        raise BadInputError(f"--max-cost-usd: {cost_usd} is no amount; leave it away for no limit")
    return RunLimits(None if cost_usd is None else Decimal(str(cost_usd)), tokens)
