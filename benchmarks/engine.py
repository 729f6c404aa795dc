"""Measures what a step costs: a chain of ten pure steps through the engine, beside bare awaits in the same run.

Run with `python -m benchmarks.engine [runs]`; every figure is the best of twenty passes. With listeners the spans and
recordings are taken after each run, as `flujo run` does. `import workflow` is timed in fresh interpreters.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import perf_counter

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

RunOnce = Callable[[], Awaitable[object]]


def main() -> None:
    """Print one line per way of running the chain, and the time an import takes."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    spans, recorder = SpanCollector(), Recorder()
    ways: dict[str, RunOnce] = {
        "bare await": _await_all,
        "engine": _engine(),
        "engine + spans": _engine(spans),
        "engine + spans + recorder": _engine(spans, recorder),
    }
    bare = 0.0
    for name, run_once in ways.items():
        seconds = min(asyncio.run(_time(run_once, runs)) for _ in range(_PASSES))
        per_step = seconds / runs / _STEPS * 1e6
        bare = bare or per_step
        print(f"{name:<28} {per_step:>8.2f} µs/step {per_step / bare:>8.0f} × bare")
    print(f"{'import workflow':<28} {_import_s():>8.2f} s")


async def _time(run_once: RunOnce, runs: int) -> float:
    start = perf_counter()
    for _ in range(runs):
        await run_once()
    return perf_counter() - start


def _engine(*listeners: Listener) -> RunOnce:
    program = compile_program(parse_workflow(_SPEC))
    perform = perform_live(_ask_nobody, _find_nothing)

    async def run_once() -> None:
        await run_program(
            program,
            {"text": "hello"},
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
    data: object = {"text": "hello"}
    for _ in range(_STEPS):
        data = await _pass(data)
    return data


async def _pass(data: object) -> object:
    return data


async def _ask_nobody(_: AgentCall) -> AgentReply:
    raise NotImplementedError


def _find_nothing(reference: str) -> Skill:
    raise LookupError(reference)


def _import_s() -> float:
    def once() -> float:
        start = perf_counter()
        subprocess.run([sys.executable, "-c", "import workflow"], check=True)
        return perf_counter() - start

    return min(once() for _ in range(5))


if __name__ == "__main__":
    main()
