"""Measures what a step costs: a chain of ten pure steps through the engine, beside other engines in the same run.

Run with `python -m benchmarks.engine [runs]`; every figure is the best of twenty passes, in CPU time: nothing in the
chain waits, and other work on the machine hardly counts. With listeners the spans and recordings are taken after each
run, as `flujo run` does. Peers that aren't installed are named and left out.
"""

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from time import process_time

from benchmarks.table.peers import (
    DATA,
    RunOnce,
    open_burr,
    open_otel_spans,
    open_pydantic_graph,
    pass_through,
)
from benchmarks.table.rows import print_load, print_missing, print_row
from workflow import (
    AgentCall,
    AgentReply,
    Listener,
    Recorder,
    Skill,
    SpanCollector,
    compile_program,
    parse_workflow,
    perform_live,
    run_program,
)

_STEPS = 10
_PASSES = 20
_NOW = datetime(2026, 1, 5, tzinfo=UTC)
_SPEC = "steps:\n" + "".join(
    f"  - {{name: step_{number}, uses: flujo.value.pass}}\n" for number in range(_STEPS)
)
_UNIT = "µs/step"


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to run the chain; None where its package isn't installed."""

    name: str
    run_once: RunOnce | None
    package: str = ""
    target_us: float | None = None


def main() -> None:
    """Print one line per way of running the chain."""
    print_load()
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    bare = _measure(_await_all, runs)
    print_row("bare await", bare, _UNIT)
    for way in _list_ways():
        if way.run_once is None:
            print_missing(way.name, [way.package])
            continue
        figure = _measure(way.run_once, runs)
        print_row(way.name, figure, _UNIT, target=way.target_us, reference=bare, of="bare")


def _list_ways() -> list[_Way]:
    spans, recorder = SpanCollector(), Recorder()
    return [
        _Way("engine, nothing listening", _engine()),
        _Way("engine + spans in memory", _engine(spans), target_us=15),
        _Way("engine + recorder", _engine(recorder), target_us=60),
        _Way("engine + spans + recorder", _engine(spans, recorder), target_us=60),
        _Way("bare await + spans of the stock SDK", open_otel_spans(_STEPS), "opentelemetry-sdk"),
        _Way("burr", open_burr(_STEPS), "burr"),
        _Way("pydantic-graph", open_pydantic_graph(_STEPS), "pydantic-graph"),
    ]


def _measure(run_once: RunOnce, runs: int) -> float:
    """Return µs a step."""
    seconds = min(asyncio.run(_time(run_once, runs)) for _ in range(_PASSES))
    return seconds / runs / _STEPS * 1e6


async def _time(run_once: RunOnce, runs: int) -> float:
    start = process_time()
    for _ in range(runs):
        await run_once()
    return process_time() - start


def _engine(*listeners: Listener) -> RunOnce:
    program = compile_program(parse_workflow(_SPEC))
    perform = perform_live(_ask_nobody, _find_nothing)

    async def run_once() -> None:
        await run_program(
            program,
            dict(DATA),
            perform=perform,
            run_id="benchmark",
            started_at=_NOW,
            listeners=listeners,
        )
        for listener in listeners:
            if isinstance(listener, SpanCollector | Recorder):
                listener.take()

    return run_once


async def _await_all() -> object:
    data: object = DATA
    for _ in range(_STEPS):
        data = await pass_through(data)
    return data


async def _ask_nobody(_: AgentCall) -> AgentReply:
    raise NotImplementedError


def _find_nothing(reference: str) -> Skill:
    raise LookupError(reference)


if __name__ == "__main__":
    main()
