"""Runs as spans: complete, nested, and adding up to what the result says."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import (
    Outcome,
    SpanRole,
    SpanStatus,
    assemble_runs,
    attributes,
    decode_line,
    encode_traces,
)
from tests.builders import STARTED_AT, make_program, run
from tests.fakes.agents import Answer, ScriptedAgents, ask_by_chance
from tests.workflow.random_workflows import programs
from workflow import Event, Program, RunStarted, SpanCollector


@settings(deadline=None, max_examples=60)
@given(programs, st.integers(0, 1000))
def test_spans_are_complete_and_nested(program: Program, seed: int) -> None:
    collector = SpanCollector()
    run(program, agents=ask_by_chance, seed=seed, listeners=[collector])
    spans = collector.take()
    by_id = {span.span_id: span for span in spans}
    assert len(by_id) == len(spans)
    assert len({span.trace_id for span in spans}) == 1
    assert [span.name for span in spans if not span.parent_span_id] == ["run flow.yaml"]
    for span in spans:
        assert set(attributes.IDENTITY) <= set(span.attributes)
        assert span.start_ns <= span.end_ns
        assert int(span.span_id, 16)
        parent = by_id.get(span.parent_span_id)
        if parent:
            assert parent.start_ns <= span.start_ns
            assert span.end_ns <= parent.end_ns


@settings(deadline=None, max_examples=60)
@given(programs, st.integers(0, 1000))
def test_what_telemetry_reads_back_is_what_the_result_says(program: Program, seed: int) -> None:
    collector = SpanCollector()
    result = run(program, agents=ask_by_chance, seed=seed, listeners=[collector])
    line = encode_traces(collector.take(), resource={"service.name": "test"})
    assembled = assemble_runs(decode_line(line))
    assert not assembled.quarantined
    (told,) = assembled.runs
    assert (told.run_id, told.outcome, told.error_class) == (
        result.run_id,
        result.outcome,
        result.error_class,
    )
    assert told.cost_usd == result.cost_usd
    assert abs(told.latency_ms - result.latency_s * 1000) < 1e-5
    assert told.started_at == STARTED_AT
    assert sorted(step.step_id for step in told.steps) == sorted(
        step.step_id for step in result.steps
    )
    attempts = [attempt for step in told.steps for attempt in step.attempts]
    tokens = sum(attempt.input_tokens + attempt.output_tokens for attempt in attempts)
    assert tokens == result.input_tokens + result.output_tokens
    assert sum((attempt.cost_usd for attempt in attempts), Decimal(0)) == result.cost_usd


def test_the_attempts_of_a_model_carry_what_it_was_asked_and_what_it_used() -> None:
    collector = SpanCollector()
    failed = Answer(error=attributes.ErrorClass.RATE_LIMITED, latency_s=1)
    agents = ScriptedAgents({"writer": [failed, Answer("x", 2, "0.25", (30, 4))]})
    program = make_program("- {name: a, uses: agents.writer, config: {max_retries: 1}}")
    run(program, agents=agents, listeners=[collector])
    first, second, step, root = collector.take()
    assert first.attributes["error.type"] == "rate_limited"
    assert (first.status, second.status) == (SpanStatus.ERROR, SpanStatus.OK)
    told = second.attributes
    assert told[attributes.PROVIDER_NAME] == "sim"
    assert told[attributes.REQUEST_MODEL] == "sim:large"
    assert (told[attributes.INPUT_TOKENS], told[attributes.OUTPUT_TOKENS]) == (30, 4)
    assert told[attributes.COST_USD] == "0.25"
    assert told[attributes.ATTEMPT] == 2
    assert step.attributes[attributes.ATTEMPT] == 2
    assert step.attributes[attributes.SPAN_ROLE] == SpanRole.STEP
    assert root.attributes[attributes.OUTCOME] == Outcome.OK
    assert (second.end_ns - second.start_ns, step.end_ns - step.start_ns) == (2 * 10**9, 3 * 10**9)


def test_a_breached_policy_is_an_event_of_the_run_s_span() -> None:
    collector = SpanCollector()
    rest = "policies: [{id: p, assert: result.output == 2}]\n"
    run(make_program("- {name: a, uses: flujo.value.pass}", rest=rest), 1, listeners=[collector])
    root = collector.take()[-1]
    assert root.attributes[attributes.ERROR_CLASS] == "policy"
    (event,) = root.events
    assert event.name == "flujo.policy_breached"
    assert event.attributes["flujo.policy_id"] == "p"


def test_taken_spans_are_not_given_twice_and_an_unfinished_run_has_none() -> None:
    collector = SpanCollector()
    program = make_program("- {name: a, uses: flujo.value.pass}")
    run(program, listeners=[collector])
    run(program, listeners=[collector], run_id="run-2")
    assert len(collector.take()) == 6
    assert collector.take() == []
    collector(RunStarted("r", "", "", STARTED_AT, 0, None, ""))
    assert collector.take() == []


@pytest.mark.parametrize("microsecond", [0, 1, 123_457, 999_999])
def test_the_start_is_exact_to_the_microsecond(microsecond: int) -> None:
    started_at = datetime(2026, 3, 1, 12, tzinfo=UTC).replace(microsecond=microsecond)
    collector = SpanCollector()
    events: list[Event] = []
    run(make_program("- {name: a, uses: flujo.value.pass}"), listeners=[events.append])
    for event in events:
        if isinstance(event, RunStarted):
            collector(event._replace(started_at=started_at))
        else:
            collector(event)
    (told,) = assemble_runs(collector.take()).runs
    assert told.started_at == started_at
