"""How long validators looked: read as it was written, or the run is set aside."""

import pytest

from telemetry import Span, assemble_runs, attributes
from telemetry.volume import slots
from tests.builders import make_program, run
from workflow import AgentCall, AgentReply, SpanCollector

_STEPS = """\
- name: draft
  uses: agents.writer
  config: {max_retries: 1}
  validators: [{id: flujo.check.length, params: {min_chars: 3}}, flujo.check.pii]
"""


async def _answer(call: AgentCall) -> AgentReply:
    return AgentReply("no" if call.attempt == 1 else "a longer one", call.model)


def _spans() -> list[Span]:
    collector = SpanCollector()
    run(make_program(_STEPS), agents=_answer, listeners=[collector])
    return collector.take()


def test_a_refused_attempt_tells_who_was_asked_last() -> None:
    [told] = assemble_runs(_spans()).runs
    assert [len(one.validators_ms) for one in told.steps[0].attempts] == [1, 2]


def test_steps_without_validators_say_nothing_of_them() -> None:
    collector = SpanCollector()
    run(make_program(), agents=_answer, listeners=[collector])
    assert all(attributes.VALIDATORS_MS not in span.attributes for span in collector.take())


@pytest.mark.parametrize("text", ["1 two", "-1", "nan", "1e400"])
def test_times_that_are_none_set_the_run_aside(text: str) -> None:
    spans = _spans()
    spans[0] = spans[0]._replace(attributes={**spans[0].attributes, attributes.VALIDATORS_MS: text})
    assembled = assemble_runs(spans)
    assert not assembled.runs
    assert set(assembled.quarantined) == {"a value outside the contract"}


def test_a_row_of_ingest_keeps_them() -> None:
    row = slots.fill_row({attributes.VALIDATORS_MS: "0.5 12", attributes.OUTCOME: "ok"})
    row[slots.TRACE_ID] = row[slots.SPAN_ID] = row[slots.PARENT_ID] = b"12345678"
    [again] = slots.unpack_rows(slots.pack_rows([row]))
    assert slots.to_span(again).attributes[attributes.VALIDATORS_MS] == "0.5 12"
