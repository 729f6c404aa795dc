"""Columns → statistics: what vectors add up is what assembled runs say, however the spans were split over requests."""

import random
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import (
    AttributeValue,
    Quarantine,
    Span,
    SpanRole,
    StepStats,
    assemble_runs,
    attributes,
    collect_step_stats,
)
from telemetry.attributes import WORKFLOW_STEP_ID
from telemetry.volume import (
    Encoding,
    HourlyStats,
    RowReader,
    Rows,
    SeenKeys,
    Source,
    fold_spans,
    judge_spans,
    merge_hourly,
    to_columns,
    to_step_stats,
)
from tests.telemetry.builders import START_NS, make_run_spans, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

HOUR_MS = 3600 * 1000
Reasons = dict[tuple[str, Quarantine], int]


class Pipeline:
    """Everything between a body and the store, with its memory of what was seen."""

    def __init__(self, *, keys_per_generation: int = 1_000) -> None:
        self.seen = SeenKeys(keys_per_generation=keys_per_generation)
        self.reached = SeenKeys(keys_per_generation=keys_per_generation)
        self.stats: dict[tuple[object, int], HourlyStats] = {}
        self.quarantined: Reasons = {}

    def take(self, spans: Sequence[Span], *, received_ns: int = START_NS + 10**13) -> None:
        read = Rows()
        RowReader().read(encode_protobuf(spans), Encoding.PROTOBUF, read, source=0, tenant="")
        columns = to_columns(read.rows, [Source("acme/support", received_ns)])
        judged = judge_spans(columns, is_new=self.seen.add(columns.span))
        for key, count in judged.quarantined.items():
            self.quarantined[key] = self.quarantined.get(key, 0) + count
        for part in fold_spans(columns, judged.counts, reached=self.reached).stats:
            known = self.stats.get((part.step, part.hour))
            self.stats[part.step, part.hour] = known.merge(part) if known else part

    def by_step(self) -> dict[str, StepStats]:
        parts: dict[str, list[HourlyStats]] = {}
        for each in self.stats.values():
            parts.setdefault(each.step.step_id, []).append(each)
        return {step: to_step_stats(merge_hourly(each)) for step, each in parts.items()}


def make_runs(count: int, chance: random.Random) -> list[Span]:
    spans: list[Span] = []
    for trace in range(1, count + 1):
        outcome, error_class = chance.choice([("ok", ""), ("error", "rate_limited")])
        ended: dict[str, AttributeValue] = {
            attributes.OUTCOME: outcome,
            attributes.ERROR_CLASS: error_class,
        }
        asked: dict[str, AttributeValue] = {
            attributes.REQUEST_MODEL: chance.choice(["sim:small", "sim:large"]),
            attributes.INPUT_TOKENS: chance.randrange(1000),
            attributes.OUTPUT_TOKENS: chance.randrange(100),
            attributes.COST_USD: f"{chance.randrange(10**7)}e-12",
        }
        spans.append(make_span(1, trace=trace, role=SpanRole.RUN, step_id="/", latency_ms=9000))
        for iteration in range(chance.randrange(1, 4)):
            own = 2 + 2 * iteration
            step = chance.choice(["draft", "loop/check"])
            spans += [
                make_span(
                    own,
                    trace=trace,
                    parent=1,
                    role=SpanRole.STEP,
                    step_id=step,
                    start_ms=iteration,
                    latency_ms=chance.uniform(0, 5000),
                    more=ended,
                ),
                make_span(
                    own + 1,
                    trace=trace,
                    parent=own,
                    role=SpanRole.ATTEMPT,
                    step_id=step,
                    latency_ms=chance.uniform(0, 5000),
                    more={**ended, **asked},
                ),
            ]
    return spans


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 40), st.integers(1, 7))
def test_any_split_into_requests_gives_what_assembled_runs_say(
    chance: random.Random, runs: int, requests: int
) -> None:
    spans = make_runs(runs, chance)
    expected = {stats.step_id: stats for stats in collect_step_stats(assemble_runs(spans).runs)}
    chance.shuffle(spans)
    pipeline = Pipeline()
    for part in range(requests):
        pipeline.take(spans[part::requests])
    found = pipeline.by_step()
    assert found.pop(WORKFLOW_STEP_ID).executions == runs
    assert found == expected


def test_redelivered_requests_count_once() -> None:
    pipeline = Pipeline()
    for _ in range(3):
        pipeline.take(make_run_spans())
    assert pipeline.by_step()["draft"].attempts == 2
    assert pipeline.quarantined == {("acme/support", Quarantine.DUPLICATE_SPAN): 12}


def test_late_spans_count_in_the_hour_they_happened_in() -> None:
    pipeline = Pipeline()
    pipeline.take(make_run_spans(), received_ns=START_NS + 30 * 86_400 * 10**9)
    assert {hour for _, hour in pipeline.stats} == {START_NS // (3600 * 10**9)}


def test_spans_of_two_hours_stand_apart() -> None:
    pipeline = Pipeline()
    spans = [
        make_span(n + 1, role=SpanRole.STEP, step_id="draft", start_ms=n * HOUR_MS)
        for n in range(2)
    ]
    pipeline.take(spans)
    assert len(pipeline.stats) == 2
    assert pipeline.by_step()["draft"].runs == 1


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (make_span(1, role=SpanRole.STEP, start_ms=HOUR_MS * 24), Quarantine.FUTURE),
        (make_span(1, role=SpanRole.STEP, latency_ms=-1), Quarantine.NEGATIVE_DURATION),
        (
            make_span(1, role=SpanRole.STEP, more={attributes.SPEC_SHA256: ""}),
            Quarantine.MISSING_HASH,
        ),
        (make_span(1, role=SpanRole.STEP, more={attributes.OUTCOME: ""}), Quarantine.BAD_VALUE),
        (make_span(1, role=SpanRole.STEP)._replace(start_ns=0), Quarantine.TOO_OLD),
        (
            make_span(1, role=SpanRole.STEP)._replace(start_ns=2**64 - 1, end_ns=2**64 - 1),
            Quarantine.FUTURE,
        ),
    ],
)
def test_what_cannot_be_is_set_aside_with_its_reason(span: Span, reason: Quarantine) -> None:
    pipeline = Pipeline()
    pipeline.take([span])
    assert pipeline.quarantined == {("acme/support", reason): 1}
    assert pipeline.stats == {}


def test_forged_costs_cannot_overflow_the_sums() -> None:
    more: dict[str, AttributeValue] = {attributes.COST_USD: 10_000}
    spans = [
        make_span(n + 1, role=SpanRole.ATTEMPT, step_id="draft", more=more) for n in range(2_000)
    ]
    pipeline = Pipeline(keys_per_generation=10_000)
    pipeline.take(spans)
    assert pipeline.by_step()["draft"].total_cost_usd == Decimal(20_000_000)


def test_a_cost_that_is_not_stated_is_computed_from_tokens() -> None:
    asked: dict[str, AttributeValue] = {
        attributes.REQUEST_MODEL: "gpt-4o-mini",
        attributes.INPUT_TOKENS: 1_000_000,
    }
    pipeline = Pipeline()
    pipeline.take([make_span(1, role=SpanRole.ATTEMPT, step_id="draft", more=asked)])
    assert pipeline.by_step()["draft"].total_cost_usd == Decimal("0.15")


def test_a_key_is_remembered_for_at_least_one_generation() -> None:
    seen = SeenKeys(keys_per_generation=100)
    keys = np.arange(1, 1_001, dtype=np.uint64)
    for start in range(0, 1_000, 10):
        assert seen.add(keys[start : start + 10]).all()
    assert not seen.add(keys[900:]).any()
    assert seen.add(keys[:10]).all()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(st.integers(0, 60), max_size=20), max_size=20))
def test_a_window_knows_exactly_what_it_was_told(batches: list[list[int]]) -> None:
    seen, known = SeenKeys(keys_per_generation=1_000), set[int]()
    for batch in batches:
        new = seen.add(np.array(batch, np.uint64)).tolist()
        expected = [value not in known and value not in batch[:n] for n, value in enumerate(batch)]
        assert new == expected
        known.update(batch)


def test_a_restored_window_knows_what_the_old_one_knew() -> None:
    seen = SeenKeys(keys_per_generation=1_000)
    keys = np.array([5, 3, 9, 2**63], np.uint64)
    seen.remember([keys[:2], keys[2:]])
    assert not seen.add(keys).any()
