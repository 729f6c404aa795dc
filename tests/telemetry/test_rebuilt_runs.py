"""Runs of workflows that others run: what is rebuilt from their spans, and what isn't guessed."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from telemetry import AttributeValue, Outcome, Run, Span, attributes
from telemetry.volume import Encoding, RowReader, Rows, rebuild_runs
from tests.telemetry.builders import SHA256, make_run_spans, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

RECORDED = Path(__file__).parent / "emitters"
DECLARED: dict[str, AttributeValue] = {
    attributes.SPEC_SHA256: SHA256,
    attributes.SPEC_PATH: "flows/support.flow.yaml",
}


def make_other(
    number: int,
    operation: str,
    step_id: str,
    *,
    parent: int = 0,
    trace: int = 1,
    start_ms: float = 0,
    more: dict[str, AttributeValue] | None = None,
) -> Span:
    told = {**DECLARED, attributes.STEP_ID: step_id, "gen_ai.operation.name": operation}
    return make_span(
        number,
        trace=trace,
        parent=parent,
        start_ms=start_ms,
        latency_ms=10,
        more={**told, **(more or {})},
    )


def call(cost: str, tokens: int = 5) -> dict[str, AttributeValue]:
    return {
        "operation.cost": cost,
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": tokens,
    }


def rebuild(*spans: Span) -> tuple[Run, ...]:
    into = Rows()
    body = encode_protobuf(spans)
    RowReader().read(body, Encoding.PROTOBUF, into, source=0, tenant="", sender="token")
    return rebuild_runs(into.rows)


def test_a_trace_is_a_run_of_what_its_steps_did() -> None:
    (run,) = rebuild(
        make_other(1, "chat", "classify", more=call("0.001")),
        make_other(2, "invoke_agent", "answer", start_ms=20),
        make_other(3, "chat", "answer", parent=2, start_ms=21, more=call("0.002")),
        make_other(4, "chat", "answer", parent=2, start_ms=25, more=call("0.003")),
    )
    assert [(step.step_id, step.cost_usd) for step in run.steps] == [
        ("classify", Decimal("0.001")),
        ("answer", Decimal("0.005")),
    ]
    assert (run.cost_usd, run.latency_ms, run.spec_sha256) == (Decimal("0.006"), 30.0, SHA256)
    assert (run.run_id, run.sender, run.outcome) == (f"{1:032x}", "token", Outcome.OK)


def test_the_turns_of_an_agent_are_one_attempt_and_no_retries() -> None:
    (run,) = rebuild(
        make_other(1, "invoke_agent", "answer"),
        make_other(2, "chat", "answer", parent=1, more=call("0.002", 100)),
        make_other(3, "chat", "answer", parent=1, more=call("0.003", 200)),
    )
    (attempt,) = run.steps[0].attempts
    assert (attempt.input_tokens, attempt.model, attempt.number) == (300, "m", 1)


def test_a_tool_between_an_agent_and_its_call_leads_to_the_agent() -> None:
    (run,) = rebuild(
        make_other(1, "invoke_agent", "answer"),
        make_other(2, "execute_tool", "answer", parent=1),
        make_other(3, "chat", "answer", parent=2, more=call("0.002")),
    )
    assert [step.cost_usd for step in run.steps] == [Decimal("0.002")]


def test_one_request_told_by_two_instrumentations_is_one_execution() -> None:
    (run,) = rebuild(
        make_other(1, "chat", "answer", more=call("0.002")),
        make_other(2, "chat", "answer", parent=1, more=call("0.002")),
    )
    assert run.cost_usd == Decimal("0.002")


def test_parents_in_a_circle_end() -> None:
    (run,) = rebuild(
        make_other(1, "execute_tool", "answer", parent=2),
        make_other(2, "execute_tool", "answer", parent=1),
        make_other(3, "chat", "answer", parent=1, more=call("0.002")),
    )
    assert len(run.steps) == 1


def test_a_run_ends_as_its_last_step_did() -> None:
    timeout: dict[str, AttributeValue] = {
        attributes.OUTCOME: "timeout",
        attributes.ERROR_CLASS: "timeout",
    }
    (run,) = rebuild(
        make_other(1, "chat", "answer", start_ms=20, more=timeout),
        make_other(2, "chat", "classify"),
    )
    assert (run.outcome, run.error_class) == (Outcome.TIMEOUT, "timeout")


@pytest.mark.parametrize("left_out", [attributes.SPEC_SHA256, attributes.STEP_ID])
def test_without_a_version_or_a_step_nothing_is_guessed(left_out: str) -> None:
    span = make_other(1, "chat", "answer", more=call("0.002"))
    assert rebuild(span._replace(attributes={**span.attributes, left_out: ""})) == ()


def test_our_own_spans_are_left_to_our_own_reader_and_tools_alone_are_no_run() -> None:
    assert rebuild(*make_run_spans(1)) == ()
    assert rebuild(make_other(1, "execute_tool", "answer")) == ()


def test_copies_count_once_and_traces_apart() -> None:
    first = make_other(1, "chat", "answer", more=call("0.002"))
    runs = rebuild(first, first, make_other(1, "chat", "answer", trace=2, more=call("0.002")))
    assert [run.cost_usd for run in runs] == [Decimal("0.002")] * 2
    assert replace(runs[0], run_id="") == replace(runs[1], run_id="")


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.otlp")), ids=lambda path: path.stem)
def test_what_real_emitters_sent_becomes_runs(path: Path) -> None:
    into = Rows()
    RowReader().read(path.read_bytes(), Encoding.PROTOBUF, into, source=0, tenant="")
    runs = rebuild_runs(into.rows)
    assert runs
    assert {step.step_id for run in runs for step in run.steps} == {"answer"}
    assert sum((run.cost_usd for run in runs), Decimal(0)) > 0
