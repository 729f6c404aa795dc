"""Measures the memory of many runs at once: their peak in a process of their own, with spans on.

Run with `python -m benchmarks.concurrency [runs]`. Every step waits a second on the virtual clock, so that all runs are
in the same step at the same time; how many really were is counted and printed.
"""

import asyncio
import resource
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from time import perf_counter

import orjson

from benchmarks.table.rows import print_load, print_row
from workflow import (
    AgentCall,
    AgentReply,
    Program,
    Skill,
    SpanCollector,
    VirtualTimeLoop,
    compile_program,
    parse_workflow,
    perform_live,
    run_program,
)

_STEPS = 10
_NOW = datetime(2026, 1, 5, tzinfo=UTC)
_SPEC = 'agents:\n  writer: {model: "sim:small", system_prompt: Write.}\nsteps:\n' + "".join(
    f"  - {{name: step_{number}, uses: agents.writer}}\n" for number in range(_STEPS)
)


class _Crowd:
    """An agent that takes a second, and counts how many calls wait at once."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0

    async def __call__(self, call: AgentCall) -> AgentReply:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await call.sleep(1)
        self.waiting -= 1
        return AgentReply(f"{call.step_id} answers", call.model, 100, 20, Decimal("0.0001"))


def main() -> None:
    """Print the peak of the process with the runs, and of one without."""
    print_load()
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    idle, busy = _ask_child(0), _ask_child(runs)
    print(f"{busy['most']:,} of {runs:,} runs at once, {busy['spans']:,} spans")
    print_row("peak memory, imports alone", idle["peak_mb"], "MB")
    print_row(f"peak memory, {runs:,} runs of {_STEPS} steps", busy["peak_mb"], "MB", target=512)
    print_row("memory a run", (busy["peak_mb"] - idle["peak_mb"]) * 1000 / runs, "kB")
    print_row("time a step", busy["seconds"] / runs / _STEPS * 1e6, "µs")


def _ask_child(runs: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.concurrency", "--child", str(runs)]
    done = subprocess.run(command, check=True, capture_output=True)
    answer: dict[str, float] = orjson.loads(done.stdout)
    return answer


def _be_child(runs: int) -> None:
    crowd = _Crowd()
    program = compile_program(parse_workflow(_SPEC))
    start = perf_counter()
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        spans = runner.run(_run_all(program, crowd, runs))
    answer = {
        "most": crowd.most,
        "spans": spans,
        "seconds": perf_counter() - start,
        # Kilobytes on Linux.
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }
    sys.stdout.buffer.write(orjson.dumps(answer))


async def _run_all(program: Program, crowd: _Crowd, runs: int) -> int:
    perform = perform_live(crowd, _find_nothing)

    async def run_one(number: int) -> int:
        spans = SpanCollector()
        await run_program(
            program,
            {"ticket": f"ticket {number}"},
            perform=perform,
            run_id=str(number),
            started_at=_NOW,
            listeners=[spans],
        )
        # Taken when the run has ended, as `flujo run` does; whoever exports them lets go of them.
        return len(spans.take())

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run_one(number)) for number in range(runs)]
    return sum(task.result() for task in tasks)


def _find_nothing(reference: str) -> Skill:
    raise LookupError(reference)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _be_child(int(sys.argv[2]))
    else:
        main()
