"""What real emitters sent is understood: which step, which calls, how many tokens, what they cost."""

from decimal import Decimal
from pathlib import Path

import pytest

from telemetry.attributes import ErrorClass
from telemetry.prices import name_price_table, price_usd
from telemetry.volume import (
    Encoding,
    Folded,
    HourlyStats,
    RowReader,
    Rows,
    SeenKeys,
    Source,
    fold_spans,
    judge_spans,
    merge_hourly,
    slots,
    to_columns,
    to_step_stats,
)
from telemetry.volume.protobuf import parse_traces

_RECORDED = Path(__file__).parent / "emitters"
_PYDANTIC_AI = sorted(path.name for path in _RECORDED.glob("pydantic-ai-*.otlp"))
_PRIVATE = (b"ada@example.com", b"It was sent on Monday", b"A-7")


def _read(name: str) -> Rows:
    into = Rows()
    RowReader().read((_RECORDED / name).read_bytes(), Encoding.PROTOBUF, into, source=0, tenant="")
    return into


def _fold(rows: Rows) -> Folded:
    columns = to_columns(
        rows.rows, [Source("shop", max(int(str(row[slots.END_NS])) for row in rows.rows))]
    )
    judged = judge_spans(columns, is_new=SeenKeys().add(columns.span))
    assert not judged.quarantined
    return fold_spans(columns, judged.counts, reached=SeenKeys())


def _only_step(name: str) -> HourlyStats:
    found = merge_hourly(_fold(_read(name)).stats)
    assert found.step == ("shop", "flows/support.flow.yaml", "answer", "5e" * 32)
    return found


@pytest.mark.parametrize("name", _PYDANTIC_AI)
def test_an_agent_of_pydantic_ai_is_one_execution_of_two_calls(name: str) -> None:
    found = _only_step(name)
    assert (found.spans, found.runs, found.executions, found.attempts) == (4, 1, 1, 2)
    assert found.failures == 0


@pytest.mark.parametrize("name", _PYDANTIC_AI)
def test_totals_that_the_agent_span_repeats_are_not_counted_again(name: str) -> None:
    found = _only_step(name)
    assert (found.input_tokens, found.output_tokens) == (120 + 200, 9 + 30)
    assert found.models == {"gpt-4o-mini": 2}


@pytest.mark.parametrize("name", _PYDANTIC_AI)
def test_a_cost_that_the_emitter_states_goes_before_the_price_table(name: str) -> None:
    found = to_step_stats(_only_step(name))
    assert found.total_cost_usd == Decimal("0.0000159") + Decimal("0.000048")
    assert not _only_step(name).priced


def test_calls_told_by_openinference_are_attempts_and_stand_for_executions() -> None:
    found = _only_step("openinference-openai-0.1.66.otlp")
    assert (found.spans, found.runs, found.executions, found.attempts) == (2, 2, 0, 2)
    stats = to_step_stats(found)
    assert (stats.executions, stats.failures) == (2, 1)
    assert stats.attempt_failures_by_class == {ErrorClass.CRASH: 1}
    assert stats.latency.count == 2


def test_a_missing_cost_is_worked_out_with_cached_tokens_inside_the_input() -> None:
    found = _only_step("openinference-openai-0.1.66.otlp")
    assert (found.input_tokens, found.output_tokens) == (2000, 30)
    expected = price_usd(
        "gpt-4o-mini-2024-07-18", 2000, 30, provider="openai", cache_read_tokens=1024
    )
    assert expected == Decimal("0.0002412")
    assert to_step_stats(found).total_cost_usd == expected
    assert found.priced == {name_price_table(): 1}


@pytest.mark.parametrize("path", sorted(_RECORDED.glob("*.otlp")), ids=lambda path: path.stem)
def test_nothing_that_people_or_models_wrote_is_read(path: Path) -> None:
    assert any(text in path.read_bytes() for text in _PRIVATE)
    kept = repr(_read(path.name).rows).encode()
    assert not any(text in kept for text in _PRIVATE)


@pytest.mark.parametrize("path", sorted(_RECORDED.glob("*.otlp")), ids=lambda path: path.stem)
def test_without_the_declaration_of_a_step_spans_stay_unmapped(path: Path) -> None:
    body = path.read_bytes()
    spans = sum(
        len(scope.spans)
        for group in parse_traces(body).resource_spans
        for scope in group.scope_spans
    )
    undeclared, into = body.replace(b"flujo.step_id", b"other.step_id"), Rows()
    RowReader().read(undeclared, Encoding.PROTOBUF, into, source=0, tenant="")
    assert (into.rows, into.foreign) == ([], spans)
