"""Measures whether the ledger keeps what the estimates promise: how often a realised gain lies in its 90 % interval.

Each seed is a world of its own: runs of examples/support-triage, the proposal to retry its order look-up as `suggest`
makes it from their recordings, then as many runs of the patched spec with fresh chance and fresh tickets. The models
are simulated, and so is the order service: a function in this process that fails 12 times in 100 and is slow 3 times in
100, as `order_server.py` is. The clock is virtual, so latencies cost no time.

Run with `python -m benchmarks.ledger_coverage [seeds] [runs]`. Fifty worlds tell the coverage to some five points (±1
standard error), so a reading just outside the wanted band asks for more worlds before it asks for another estimator.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import orjson
from pydantic import JsonValue

from app.adapters.agents import open_agents
from app.adapters.price_list import reprice
from app.adapters.spec_files import open_spec
from app.adapters.user_skills import SkillFolder
from app.settings import parse_settings
from app.use_cases.choose_suggesting import choose_suggesting
from app.use_cases.run_workflow import Batch, run_batch
from app.use_cases.suggest import suggest
from meta_agent import RunOutcome, Traffic, measure_realised, outcome_of
from telemetry import ErrorClass, Run, Span, assemble_runs
from workflow import (
    AttemptError,
    Recording,
    SideEffects,
    Skill,
    VirtualTimeLoop,
    Workflow,
    compile_program,
    perform_live,
)

EXAMPLE = Path(__file__).parents[1] / "examples" / "support-triage"
UPSTREAM = "skills.orders:fetch_order"
WANTED = (0.80, 0.97)
_FAILS, _IS_SLOW, _SLOW_S = 0.12, 0.03, 0.5
_SPACING = timedelta(minutes=14)
_STARTS_AT = datetime(2026, 3, 1, tzinfo=UTC)
_ORDER: dict[str, JsonValue] = {
    "state": "delivered",
    "age_days": 9,
    "total": "49.00",
    "currency": "USD",
}
_HEAD_SEED = 1_000_000
_DEFAULTS = (50, 300)


@dataclass(frozen=True)
class Reading:
    """A prediction and what came of it, net USD a month."""

    low: float
    mid: float
    high: float
    realised: float

    @property
    def is_inside(self) -> bool:
        """Whether the interval held."""
        return self.low <= self.realised <= self.high


def main() -> None:
    """Print the coverage and the ratios."""
    given = [int(text) for text in sys.argv[1:]]
    seeds, runs = (*given, *_DEFAULTS[len(given) :])
    started = perf_counter()
    found = [(seed, measure(seed, runs)) for seed in range(seeds)]
    readings = [reading for _, reading in found if reading]
    for seed, reading in found:
        print(f"seed {seed:>2}: {_describe(reading)}")
    print(
        f"{seeds} simulated worlds, {runs} runs before and after: {perf_counter() - started:.0f} s"
    )
    if not readings:
        print("no world led to the proposal")
        return
    coverage = sum(reading.is_inside for reading in readings) / len(readings)
    low, high = WANTED
    verdict = "as it should be" if low <= coverage <= high else f"NOT in {low:.0%} … {high:.0%}"
    error = sqrt(coverage * (1 - coverage) / len(readings))
    print(f"the 90 % interval held in {coverage:.0%} ± {error:.0%} of {len(readings)}: {verdict}")
    ratio = sum(reading.realised for reading in readings) / sum(one.mid for one in readings)
    each = median(reading.realised / reading.mid for reading in readings)
    print(f"realised / predicted: {ratio:.2f} in sum, {each:.2f} in the median world")


def measure(seed: int, runs: int) -> Reading | None:
    """Play one world; None when nobody proposes to retry the look-up there."""
    tickets = [orjson.loads(line) for line in (EXAMPLE / "tickets.jsonl").read_bytes().splitlines()]
    base = open_spec(EXAMPLE / "support-triage.flow.yaml")
    settings = choose_suggesting(parse_settings((EXAMPLE / ".github/flujo.yml").read_text()))
    before, recordings = _run(base, tickets, seed, runs)
    proposals = suggest(base, before, recordings, settings=settings, reprice=reprice).proposals
    proposal = next((one for one in proposals if one.candidate.patch_class == "retries"), None)
    if proposal is None or proposal.roi is None:
        return None
    after, _ = _run(proposal.guarded.after, tickets, seed + _HEAD_SEED, runs)
    realised = measure_realised(
        _outcomes(before),
        _outcomes(after),
        settings=settings.proposers.roi,
        traffic=Traffic(proposal.runs_per_month, "as predicted"),
        fixed_usd=proposal.roi.costs.total_usd,
    )
    return Reading(proposal.roi.low, proposal.roi.mid, proposal.roi.high, realised)


def _run(
    workflow: Workflow, tickets: Sequence[JsonValue], seed: int, runs: int
) -> tuple[tuple[Run, ...], list[Recording]]:
    spans: list[Span] = []
    recordings: list[Recording] = []
    random = Random(seed)
    run_batch(
        compile_program(workflow),
        Batch(random.choices(tickets, k=runs), runs, seed * runs, _STARTS_AT, _SPACING),
        perform=perform_live(open_agents(), _with_upstream(random)),
        hash_key=b"benchmark",
        loop_factory=lambda: VirtualTimeLoop(count_cpu=False),
        keep_spans=spans.extend,
        keep_recordings=recordings.extend,
    )
    ran = assemble_runs(spans).runs
    # Else the benchmark would measure a broken world, in which retries can't help.
    assert not any(run.error_class is ErrorClass.CRASH for run in ran)
    # Replay draws by run id, and `run_batch` makes those up anew each time.
    named = [
        recording.model_copy(update={"run_id": f"{seed}-{number}"})
        for number, recording in enumerate(recordings)
    ]
    return ran, named


def _with_upstream(random: Random) -> Callable[[str], Skill]:
    """Find skills beside the example, except the one that would ask the order service."""
    folder = SkillFolder(EXAMPLE)

    async def fetch_order(data: JsonValue) -> JsonValue:
        if not data:
            return {"found": False, "reason": "the ticket names no order"}
        await asyncio.sleep(0.003 + (_SLOW_S if random.random() < _IS_SLOW else 0.0))
        if random.random() < _FAILS:
            raise AttemptError(ErrorClass.UNAVAILABLE, "the order service answered HTTP 503")
        return {"found": True, "order_id": data, **_ORDER}

    upstream = Skill(UPSTREAM, fetch_order, SideEffects.IDEMPOTENT)
    return lambda reference: upstream if reference == UPSTREAM else folder.find(reference)


def _outcomes(runs: Sequence[Run]) -> list[RunOutcome]:
    return [outcome_of(run) for run in runs]


def _describe(reading: Reading | None) -> str:
    if reading is None:
        return "no proposal"
    inside = "inside" if reading.is_inside else "OUTSIDE"
    interval = f"${reading.low:.2f} … ${reading.high:.2f}"
    return f"predicted ${reading.mid:.2f} ({interval}), realised ${reading.realised:.2f}: {inside}"


if __name__ == "__main__":
    main()
