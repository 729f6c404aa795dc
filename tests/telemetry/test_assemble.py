"""Spans become runs; what is doubtful is counted instead."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest

from telemetry import (
    ErrorClass,
    Outcome,
    Quarantine,
    Span,
    SpanRole,
    assemble_runs,
    attributes,
    decode_line,
    encode_traces,
)
from tests.telemetry.builders import SHA256, STARTED_AT, make_run_spans, make_span


def test_a_run_is_rebuilt_with_its_steps_and_attempts() -> None:
    [run] = assemble_runs(make_run_spans()).runs
    classify, draft = run.steps
    assert (run.run_id, run.spec_sha256, run.started_at) == ("run-1", SHA256, STARTED_AT)
    assert (run.outcome, run.latency_ms, run.cost_usd) == (Outcome.OK, 1000, Decimal("0.0035"))
    assert (classify.step_id, classify.latency_ms) == ("classify", 200)
    assert classify.cost_usd == 0
    assert [attempt.error_class for attempt in draft.attempts] == [
        ErrorClass.RATE_LIMITED,
        ErrorClass.NONE,
    ]
    last = draft.attempts[-1]
    assert (last.number, last.model, last.input_tokens, last.output_tokens) == (
        2,
        "sim:small",
        100,
        20,
    )


def test_the_order_of_spans_doesnt_matter() -> None:
    spans = [span for trace in (1, 2, 3) for span in make_run_spans(trace)]
    expected = assemble_runs(spans)
    Random(7).shuffle(spans)
    assert assemble_runs(spans) == expected


def test_spans_from_the_wire_give_the_same_runs_as_spans_in_memory() -> None:
    spans = make_run_spans()
    assert assemble_runs(decode_line(encode_traces(spans, resource={}))) == assemble_runs(spans)


def test_spans_that_arent_ours_are_ignored() -> None:
    foreign = make_span(9, parent=6, more={"gen_ai.usage.input_tokens": 100})
    found = assemble_runs([*make_run_spans(), foreign])
    assert (len(found.runs), found.ignored, found.incomplete) == (1, 1, 0)


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_a_run_that_lacks_its_root_or_a_parent_is_incomplete(missing: int) -> None:
    spans = make_run_spans()
    del spans[missing]
    found = assemble_runs(spans)
    assert (found.runs, found.incomplete, found.quarantined) == ((), 1, {})


def test_a_span_delivered_twice_counts_once() -> None:
    spans = make_run_spans()
    found = assemble_runs([*spans, spans[4]])
    assert found.runs == assemble_runs(spans).runs
    assert found.quarantined == {Quarantine.DUPLICATE_SPAN: 1}


def _replace(index: int, **more: str | int | float | bool | None) -> Callable[[], list[Span]]:
    def spoil() -> list[Span]:
        spans = make_run_spans()
        values = {key.replace("__", "."): value for key, value in more.items()}
        spans[index] = spans[index]._replace(attributes={**spans[index].attributes, **values})
        return spans

    return spoil


def _twice_with_other_content() -> list[Span]:
    spans = make_run_spans()
    return [*spans, spans[5]._replace(end_ns=spans[5].end_ns + 1)]


def _backwards() -> list[Span]:
    spans = make_run_spans()
    spans[2] = spans[2]._replace(end_ns=spans[2].start_ns - 1)
    return spans


def _two_roots() -> list[Span]:
    return [*make_run_spans(), make_span(7, role=SpanRole.RUN, step_id="/")]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_twice_with_other_content, Quarantine.DUPLICATE_SPAN),
        (_backwards, Quarantine.NEGATIVE_DURATION),
        (_two_roots, Quarantine.TWO_ROOTS),
        (_replace(0, flujo__spec_sha256=""), Quarantine.MISSING_HASH),
        (_replace(2, flujo__spec_sha256=None), Quarantine.MISSING_HASH),
        (_replace(2, flujo__spec_sha256="other"), Quarantine.MIXED_HASH),
        (_replace(2, flujo__outcome="fine"), Quarantine.BAD_VALUE),
        (_replace(2, flujo__error_class="boom"), Quarantine.BAD_VALUE),
        (_replace(2, flujo__attempt=-1), Quarantine.BAD_VALUE),
        (_replace(2, flujo__attempt=True), Quarantine.BAD_VALUE),
        (_replace(1, flujo__step_id=5), Quarantine.BAD_VALUE),
        (_replace(1, flujo__score="high"), Quarantine.BAD_VALUE),
        (_replace(1, flujo__score=float("nan")), Quarantine.BAD_VALUE),
        (_replace(5, flujo__cost_usd="-1"), Quarantine.BAD_VALUE),
        (_replace(5, flujo__cost_usd="NaN"), Quarantine.BAD_VALUE),
        (_replace(5, flujo__cost_usd="1e9"), Quarantine.BAD_VALUE),
        (_replace(5, flujo__cost_usd="free"), Quarantine.BAD_VALUE),
        (_replace(5, flujo__cost_usd=False), Quarantine.BAD_VALUE),
    ],
)
def test_a_run_with_a_bad_span_is_set_aside_whole(
    make: Callable[[], list[Span]], reason: Quarantine
) -> None:
    spans = make()
    found = assemble_runs([*spans, *make_run_spans(trace=2)])
    assert [run.run_id for run in found.runs] == ["run-2"]
    assert found.quarantined == {reason: len(spans)}


def test_a_cost_that_isnt_told_is_priced_by_model_and_tokens() -> None:
    priced = _replace(
        5,
        flujo__cost_usd=None,
        gen_ai__request__model="gpt-4o-mini",
        gen_ai__usage__input_tokens=1_000_000,
        gen_ai__usage__output_tokens=1_000_000,
    )
    [run] = assemble_runs(priced()).runs
    assert run.steps[1].attempts[1].cost_usd == Decimal("0.75")


def test_a_cost_nobody_knows_is_nothing() -> None:
    [run] = assemble_runs(_replace(5, flujo__cost_usd="")()).runs
    assert run.steps[1].attempts[1].cost_usd == 0


def test_every_identity_attribute_is_on_every_span_of_the_contract() -> None:
    for span in make_run_spans():
        assert set(attributes.IDENTITY) <= set(span.attributes)


def test_score_iteration_and_branch_are_read() -> None:
    [run] = assemble_runs(
        _replace(1, flujo__score=1, flujo__iteration=3, flujo__branch="billing")()
    ).runs
    step = run.steps[0]
    assert (step.score, step.iteration, step.branch) == (1.0, 3, "billing")


def test_a_simulated_run_says_so() -> None:
    [run] = assemble_runs(_replace(0, flujo__simulated=True)()).runs
    assert run.simulated


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("0.000179", "0.000179"),
        (0.1, "0.1"),
        (0, "0"),
        ("1e-999999", "0"),
        ("0." + "3" * 60_000, "0.333333333333"),
    ],
)
def test_costs_are_kept_to_twelve_decimals(stated: str | float, kept: str) -> None:
    [run] = assemble_runs(_replace(5, flujo__cost_usd=stated)()).runs
    assert run.steps[1].attempts[1].cost_usd == Decimal(kept)
