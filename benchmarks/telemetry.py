"""Measures telemetry ingest on one core: OTLP/JSON lines → spans → runs → statistics, beside a bare `orjson.loads`.

Run with `python -m benchmarks.telemetry [runs]`; every figure is the best of three passes over the same bytes. Lines,
of twenty whole runs each, are worked off one at a time and let go, as ingest does: kept alive, a million small
objects would measure the garbage collector instead.
"""

import sys
from collections.abc import Callable
from decimal import Decimal
from time import perf_counter

import orjson

from telemetry import (
    Assembled,
    Span,
    SpanKind,
    SpanStatus,
    assemble_runs,
    attributes,
    collect_step_stats,
    decode_line,
    encode_traces,
)

_STEPS = 10
_RUNS_PER_LINE = 20
_PASSES = 3


def main() -> None:
    """Print one line per stage."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    lines = _make_lines(runs)
    spans = [span for line in lines for span in decode_line(line)]
    assert len(assemble_runs(spans).runs) == runs
    size = sum(map(len, lines)) / len(spans)
    print(f"{len(spans):,} spans of {size:.0f} bytes in {len(lines)} lines")
    for stage, work in _STAGES.items():
        best = min(_seconds(work, lines) for _ in range(_PASSES))
        speed = len(spans) / best
        print(f"{stage:<20} {speed:>12,.0f} spans/s {1e6 / speed:>8.2f} µs/span")


def _ingest(line: bytes) -> Assembled:
    return assemble_runs(decode_line(line))


_STAGES: dict[str, Callable[[bytes], object]] = {
    "orjson.loads alone": orjson.loads,
    "decode": decode_line,
    "decode + assemble": _ingest,
    "to statistics": lambda line: collect_step_stats(_ingest(line).runs),
}


def _seconds(work: Callable[[bytes], object], lines: list[bytes]) -> float:
    start = perf_counter()
    for line in lines:
        work(line)
    return perf_counter() - start


def _make_lines(runs: int) -> list[bytes]:
    resource = {"service.name": "benchmark", "flujo.repository": "acme/support"}
    return [
        encode_traces(
            [span for run in range(first, first + _RUNS_PER_LINE) for span in _make_run(run)],
            resource=resource,
        )
        for first in range(0, runs, _RUNS_PER_LINE)
    ]


def _make_run(run: int) -> list[Span]:
    root = _make_span(run, 1, 0, "run", "/")
    steps = [_make_span(run, 2 + i, 1, "step", f"step_{i}") for i in range(_STEPS)]
    attempts = [_make_span(run, 100 + i, 2 + i, "attempt", f"step_{i}") for i in range(_STEPS)]
    return [root, *steps, *attempts]


def _make_span(run: int, number: int, parent: int, role: str, step_id: str) -> Span:
    start_ns = 1_760_000_000_000_000_000 + run * 10**9
    values: dict[str, str | int | float | bool | None] = {
        attributes.SPAN_ROLE: role,
        attributes.SPEC_SHA256: "9f" * 32,
        attributes.YAML_PATH: f"steps[{number}]",
        attributes.STEP_ID: step_id,
        attributes.STEP_KIND: "step",
        attributes.RUN_ID: f"run-{run}",
        attributes.OUTCOME: "ok",
        attributes.ATTEMPT: 1 if role == "attempt" else 0,
        attributes.ERROR_CLASS: "",
        attributes.SCORE: None,
        attributes.BRANCH: "",
        attributes.ITERATION: 0,
        attributes.INPUT_HASH: "3c" * 16,
    }
    if role == "attempt":
        values |= {
            attributes.OPERATION_NAME: "chat",
            attributes.REQUEST_MODEL: "gpt-4o-mini",
            attributes.INPUT_TOKENS: 812,
            attributes.OUTPUT_TOKENS: 96,
            attributes.COST_USD: str(Decimal("0.000179")),
        }
    return Span(
        trace_id=f"{run + 1:032x}",
        span_id=f"{number:016x}",
        parent_span_id=f"{parent:016x}" if parent else "",
        name=step_id,
        kind=SpanKind.INTERNAL,
        start_ns=start_ns + number,
        end_ns=start_ns + number * 1_000_000,
        status=SpanStatus.OK,
        attributes=values,
    )


if __name__ == "__main__":
    main()
