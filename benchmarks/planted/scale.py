"""How long it takes to rank a workflow of 1,000 steps by 1,000,000 spans.

Measured is `suggest` as a whole, from whole runs as the store's sample holds them: detect, propose, guard, weigh by
telemetry, estimate, rank. Reading the runs from the store and the spans from the wire isn't in it, and there are no
recordings.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import perf_counter

import numpy as np

from app.adapters.price_list import reprice
from app.settings import Settings
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.suggest import suggest
from meta_agent import detect
from telemetry import Attempt, ErrorClass, Outcome, Run, StepRun
from workflow import Workflow, parse_workflow

_STARTS_AT = datetime(2026, 3, 1, tzinfo=UTC)
_SPANS_A_STEP = 2
"""A step's own, and that of its attempt."""
_FAILS, _FLAKY_STEPS = 0.03, 20


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds, by what was done; `spans` is what the runs amount to."""

    steps: int
    runs: int
    spans: int
    proposals: int
    detect_s: float
    suggest_s: float


def measure_scale(steps: int = 1_000, spans: int = 1_000_000) -> Scale:
    """Rank one large workflow; every fiftieth step fails now and then."""
    workflow = parse_workflow(_write_spec(steps), path="large.flow.yaml")
    count = max(1, spans // (1 + _SPANS_A_STEP * steps))
    runs = _make_runs(workflow, count)
    started = perf_counter()
    detect(runs, workflow)
    detected = perf_counter()
    settings = choose_suggesting(Settings())
    suggestions = suggest(workflow, runs, (), settings=settings, reprice=reprice)
    done = perf_counter()
    return Scale(
        steps=steps,
        runs=count,
        spans=count * (1 + _SPANS_A_STEP * steps),
        proposals=len(suggestions.proposals),
        detect_s=detected - started,
        suggest_s=done - detected,
    )


def _write_spec(steps: int) -> str:
    return "steps:\n" + "".join(
        f"  - {{name: step_{number}, uses: flujo.value.pass, description: Passes it on.}}\n"
        for number in range(steps)
    )


def _make_runs(workflow: Workflow, count: int) -> list[Run]:
    rng = np.random.default_rng(0)
    steps = len(workflow.nodes)
    latencies = rng.lognormal(6, 0.5, size=(count, steps))
    fails = rng.random((count, steps)) < _FAILS
    fails[:, np.arange(steps) % max(1, steps // _FLAKY_STEPS) != 0] = False
    return [
        _make_run(workflow, number, latencies[number], fails[number]) for number in range(count)
    ]


def _make_run(workflow: Workflow, number: int, latencies: np.ndarray, fails: np.ndarray) -> Run:
    executions = tuple(
        _make_step(node.step_id, node.yaml_path, float(latency_ms), failed=bool(failed))
        for node, latency_ms, failed in zip(workflow.nodes, latencies, fails, strict=True)
    )
    failed = bool(fails.any())
    return Run(
        run_id=str(number),
        spec_sha256=workflow.spec_sha256,
        spec_path=workflow.path,
        started_at=_STARTS_AT + timedelta(minutes=30) * number,
        outcome=Outcome.ERROR if failed else Outcome.OK,
        error_class=ErrorClass.UNAVAILABLE if failed else ErrorClass.NONE,
        latency_ms=float(latencies.sum()),
        cost_usd=Decimal(0),
        steps=executions,
    )


def _make_step(step_id: str, yaml_path: str, latency_ms: float, *, failed: bool) -> StepRun:
    outcome = Outcome.ERROR if failed else Outcome.OK
    error_class = ErrorClass.UNAVAILABLE if failed else ErrorClass.NONE
    attempt = Attempt(1, outcome, error_class, latency_ms)
    return StepRun(
        step_id, yaml_path, "step", outcome, error_class, latency_ms, Decimal(0), (attempt,)
    )
