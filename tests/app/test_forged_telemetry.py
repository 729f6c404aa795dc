"""Up to a tenth of forged telemetry doesn't choose what the demo's workflow should improve first."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from app.adapters.demo_world import SPEC, make_repository, order_service
from app.adapters.spec_files import open_spec
from app.cli.main import run_command
from meta_agent import Opportunity, detect
from telemetry import (
    AttributeValue,
    Run,
    Span,
    SpanRole,
    assemble_runs,
    attributes,
    decode_lines,
    limit_sources,
    set_extremes_apart,
)
from telemetry.attempts import MAX_ATTEMPT_USD
from workflow import Workflow

RUNS = 150
SHARE = 0.1
TIMES = 100
Forge = Callable[[Sequence[Span]], Iterable[Span]]


@dataclass(frozen=True)
class Demo:
    """The demo's workflow, and what its runs told."""

    workflow: Workflow
    traces: Sequence[Sequence[Span]]

    def first(self, spans: Iterable[Span]) -> Opportunity:
        runs = limit_sources(assemble_runs(spans).runs)
        return detect(set_extremes_apart(runs), self.workflow)[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "repository"
    make_repository(folder)
    told = folder / "runs.jsonl"
    with order_service(0):
        options = ["--inputs", str(folder / "tickets.jsonl"), "--telemetry", str(told)]
        run_command(["run", str(folder / SPEC), "--runs", str(RUNS), *options])
    by_trace: dict[str, list[Span]] = {}
    for span in decode_lines(told.read_bytes().splitlines()):
        by_trace.setdefault(span.trace_id, []).append(span)
    return Demo(open_spec(folder / SPEC), list(by_trace.values()))


def rename(spans: Sequence[Span], chance: random.Random, source: str = "") -> list[Span]:
    """Return a run as another one of the same version."""
    trace, run_id = chance.randbytes(16).hex(), chance.randbytes(16).hex()
    resource = {"service.instance.id": source} if source else {}
    return [
        span._replace(
            trace_id=trace,
            attributes={**span.attributes, attributes.RUN_ID: run_id},
            resource=resource,
        )
        for span in spans
    ]


def raise_costs(step_id: str) -> Forge:
    """Take a step for a hundred times as costly as it was, or for as costly as anything may be if it was free."""

    def forge(spans: Sequence[Span]) -> Iterable[Span]:
        for span in spans:
            more: dict[str, AttributeValue] = {}
            if of_step(span, step_id, SpanRole.ATTEMPT):
                cost = Decimal(str(span.attributes.get(attributes.COST_USD) or 0)) * TIMES
                more[attributes.COST_USD] = str(cost or MAX_ATTEMPT_USD)
            yield span._replace(attributes={**span.attributes, **more})

    return forge


def raise_latencies(step_id: str) -> Forge:
    def forge(spans: Sequence[Span]) -> Iterable[Span]:
        for span in spans:
            took_ns = span.end_ns - span.start_ns
            mine = any(of_step(span, step_id, role) for role in (SpanRole.STEP, SpanRole.ATTEMPT))
            yield span._replace(end_ns=span.end_ns + (TIMES - 1) * took_ns) if mine else span

    return forge


def turn_back(spans: Sequence[Span]) -> Iterable[Span]:
    return (span._replace(start_ns=span.end_ns + 10**9) for span in raise_costs("classify")(spans))


def of_step(span: Span, step_id: str, role: SpanRole) -> bool:
    values: Any = span.attributes
    return bool(values[attributes.STEP_ID] == step_id and values[attributes.SPAN_ROLE] == role)


STEPS = (
    *("classify", "lookup", "understand/mood/read_mood", "understand/facts/extract"),
    *("route/billing/draft", "route/outage/draft", "proofread"),
)
FORGERIES: dict[str, Forge] = {
    **{f"cost of {step}": raise_costs(step) for step in STEPS},
    **{f"latency of {step}": raise_latencies(step) for step in STEPS},
    "negative": turn_back,
}


def copy_tenth(demo: Demo, forge: Forge) -> list[Span]:
    """Return the honest runs and a tenth of forged copies beside them."""
    chance = random.Random(0)
    count = int(SHARE * len(demo.traces) / (1 - SHARE))
    copied = chance.sample(demo.traces, count)
    honest = [span for spans in demo.traces for span in spans]
    return [*honest, *(span for spans in copied for span in forge(rename(spans, chance)))]


def test_the_steps_are_those_of_the_demo(demo: Demo) -> None:
    assert set(STEPS) <= {node.step_id for node in demo.workflow.nodes}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_tenth_of_forged_runs_does_not_move_the_first_opportunity(
    demo: Demo, forge: Forge
) -> None:
    honest = [span for spans in demo.traces for span in spans]
    before, after = demo.first(honest), demo.first(copy_tenth(demo, forge))
    assert (after.kind, after.step_id) == (before.kind, before.step_id)


def test_a_source_that_floods_has_no_more_to_say_than_all_others(demo: Demo) -> None:
    chance = random.Random(0)
    honest = [span for spans in demo.traces for span in rename(spans, chance, "honest")]
    flood = [
        span
        for _ in range(3)
        for spans in demo.traces
        for span in raise_costs("classify")(rename(spans, chance, "forger"))
    ]
    runs: Sequence[Run] = limit_sources(assemble_runs([*honest, *flood]).runs)
    assert sum(run.source == "forger" for run in runs) == len(demo.traces)
    assert sum(run.source == "honest" for run in runs) == len(demo.traces)


def test_without_these_rules_a_forger_would_choose(demo: Demo) -> None:
    first = demo.first(span for spans in demo.traces for span in spans)
    moved = set()
    for step in STEPS:
        runs = assemble_runs(copy_tenth(demo, raise_costs(step))).runs
        naive = detect(runs, demo.workflow)[0]
        if (naive.kind, naive.step_id) != (first.kind, first.step_id):
            moved.add(step)
    assert moved == {"lookup", "understand/facts/extract"}
