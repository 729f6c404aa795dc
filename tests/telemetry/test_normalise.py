"""Names of other emitters in our words: which name goes first, who counts how, and what is never guessed."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from telemetry import (
    Attributes,
    AttributeValue,
    Quarantine,
    Span,
    SpanStatus,
    attributes,
    encode_traces,
    price_usd,
)
from telemetry.volume import (
    Encoding,
    RowReader,
    Rows,
    SeenKeys,
    Source,
    fold_spans,
    judge_spans,
    normalise,
    slots,
    to_columns,
)
from telemetry.volume.aliases import TABLES
from telemetry.volume.slots import Row
from tests.telemetry.builders import START_NS, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

DECLARED: Mapping[str, AttributeValue] = {
    attributes.STEP_ID: "draft",
    attributes.SPEC_SHA256: "9f" * 32,
}
CHAT: Mapping[str, AttributeValue] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
}
_NS = START_NS + 60 * 10**9


def make_call(
    number: int = 1, *, parent: int = 0, resource: Attributes | None = None, **more: AttributeValue
) -> Span:
    named = {name.replace("__", "."): value for name, value in more.items()}
    span = make_span(number, parent=parent, more={**DECLARED, **CHAT, **named})
    return span._replace(resource=resource or {})


def read(given: Mapping[str, AttributeValue], *, resource: Attributes | None = None) -> Row:
    row = normalise(make_span(1, more=given)._replace(resource=resource or {}))
    assert row is not None
    return row


def test_no_name_means_two_things() -> None:
    names = [alias.name for table in TABLES for alias in table.aliases]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("given", "tokens"),
    [
        ({"gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 2}, (7, 2)),
        ({"gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 2}, (7, 2)),
        ({"gen_ai.usage.input_tokens": 7, "gen_ai.usage.prompt_tokens": 9}, (7, 0)),
        ({"gen_ai.usage.input_tokens": 0, "gen_ai.usage.prompt_tokens": 9}, (0, 0)),
        ({"gen_ai.usage.input_tokens": 7, "llm.token_count.prompt": 9}, (7, 0)),
        ({"llm.token_count.prompt": 9, "llm.token_count.completion": 3}, (9, 3)),
    ],
)
def test_current_names_go_before_previous_ones_and_gen_ai_before_openinference(
    given: dict[str, AttributeValue], tokens: tuple[int, int]
) -> None:
    row = read({**DECLARED, **CHAT, **given})
    assert (row[slots.INPUT_TOKENS], row[slots.OUTPUT_TOKENS]) == tokens


def test_our_own_word_for_a_cost_goes_first() -> None:
    row = read({**DECLARED, **CHAT, "operation.cost": 0.5, attributes.COST_USD: "0.25"})
    assert row[slots.COST] == 0.25 * slots.PICO


@pytest.mark.parametrize(
    ("provider", "tokens"),
    [("anthropic", 1000 + 400 + 50), ("aws.bedrock", 1450), ("openai", 1000), ("", 1000)],
)
def test_cached_tokens_are_added_where_the_provider_counts_them_beside_the_input(
    provider: str, tokens: int
) -> None:
    given: dict[str, AttributeValue] = {
        "gen_ai.system": provider,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.cache_read_input_tokens": 400,
        "gen_ai.usage.cache_creation_input_tokens": 50,
    }
    assert read({**DECLARED, **CHAT, **given})[slots.INPUT_TOKENS] == tokens


def test_names_of_the_conventions_hold_cached_tokens_inside_the_input_whoever_was_asked() -> None:
    given: dict[str, AttributeValue] = {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.cache_read.input_tokens": 400,
    }
    row = read({**DECLARED, **CHAT, **given})
    assert row[slots.INPUT_TOKENS] == 1000
    price = price_usd("claude-sonnet-4-5", 1000, 0, provider="anthropic", cache_read_tokens=400)
    assert price is not None
    assert row[slots.COST] == price * slots.PICO


@pytest.mark.parametrize(
    ("provider", "model"),
    [("nobody", "gpt-4o-mini"), ("openai", "no-such-model"), ("openai", 7)],
)
def test_who_is_not_in_the_price_table_has_no_price(provider: str, model: AttributeValue) -> None:
    given: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.response.model": model,
        "gen_ai.usage.input_tokens": 10,
    }
    row = read({**DECLARED, **given})
    assert (row[slots.COST], row[slots.BAD]) == (slots.NO_COST, int(model == 7))


def test_more_cached_tokens_than_there_are_have_no_price() -> None:
    assert price_usd("gpt-4o-mini", 10, 0, provider="openai", cache_read_tokens=11) is None
    assert price_usd("gpt-4o-mini", 10, 0, provider="openai") == Decimal("0.0000015")


@pytest.mark.parametrize("bad", [-1, 1.5, "12", True, 10**10])
def test_token_counts_that_are_none_set_the_span_aside(bad: AttributeValue) -> None:
    assert read({**DECLARED, **CHAT, "gen_ai.usage.input_tokens": bad})[slots.BAD] == 1


@pytest.mark.parametrize(
    ("given", "role"),
    [
        ({"gen_ai.operation.name": "chat"}, slots.ATTEMPT_OF_STEP),
        ({"gen_ai.operation.name": "embeddings"}, slots.ATTEMPT_OF_STEP),
        ({"gen_ai.operation.name": "invoke_agent"}, slots.STEP),
        ({"gen_ai.operation.name": "execute_tool"}, 0),
        ({"gen_ai.operation.name": "invented"}, 0),
        ({"gen_ai.request.model": "gpt-4o-mini"}, slots.ATTEMPT_OF_STEP),
        ({"openinference.span.kind": "LLM"}, slots.ATTEMPT_OF_STEP),
        ({"openinference.span.kind": "AGENT"}, slots.STEP),
        ({"openinference.span.kind": "CHAIN"}, 0),
        (
            {"gen_ai.operation.name": "chat", "openinference.span.kind": "AGENT"},
            slots.ATTEMPT_OF_STEP,
        ),
        ({}, 0),
    ],
)
def test_kinds_of_work_are_told_apart(given: dict[str, AttributeValue], role: int) -> None:
    assert read({**DECLARED, **given})[slots.ROLE] == role | slots.OF_OTHERS


def test_totals_on_an_agents_span_are_not_read() -> None:
    given: dict[str, AttributeValue] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.usage.input_tokens": 500,
        "operation.cost": 3.0,
    }
    row = read({**DECLARED, **given})
    assert (row[slots.INPUT_TOKENS], row[slots.COST]) == (0, slots.NO_COST)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {attributes.STEP_ID: "draft"},
        {attributes.SPEC_SHA256: "9f" * 32},
        {attributes.SPEC_PATH: "flows/triage.flow.yaml"},
        {"gen_ai.agent.name": "draft", "service.name": "triage"},
    ],
)
def test_a_span_that_declares_too_little_stays_unmapped(given: dict[str, AttributeValue]) -> None:
    assert normalise(make_span(1, step_id="draft", more={**CHAT, **given})) is None


def test_a_span_of_our_contract_with_an_unknown_role_stays_unmapped() -> None:
    assert normalise(make_span(1, more={**DECLARED, attributes.SPAN_ROLE: "future"})) is None


def test_a_resource_may_declare_for_all_its_spans_and_a_span_for_itself() -> None:
    resource: dict[str, AttributeValue] = {
        attributes.SPEC_PATH: "flows/triage.flow.yaml",
        attributes.STEP_ID: "draft",
    }
    assert read(CHAT, resource=resource)[slots.STEP_ID] == "draft"
    row = read({**CHAT, attributes.STEP_ID: "send"}, resource=resource)
    assert (row[slots.STEP_ID], row[slots.SPEC_PATH]) == ("send", "flows/triage.flow.yaml")


@pytest.mark.parametrize(
    ("kind", "outcome", "error_class"),
    [
        ("timeout", "timeout", "timeout"),
        ("429", "error", "rate_limited"),
        ("503", "error", "unavailable"),
        ("ignore all rules", "error", "crash"),
        (None, "error", "crash"),
    ],
)
def test_errors_are_understood_by_a_closed_set_of_words(
    kind: AttributeValue, outcome: str, error_class: str
) -> None:
    span = make_call(error__type=kind)._replace(status=SpanStatus.ERROR)
    row = normalise(span)
    assert row is not None
    assert slots.OUTCOMES[int(str(row[slots.OUTCOME]))].value == outcome
    assert slots.ERROR_CLASSES[int(str(row[slots.ERROR_CLASS]))].value == error_class


@pytest.mark.parametrize("encoding", Encoding)
def test_protobuf_and_json_of_others_are_read_alike(encoding: Encoding) -> None:
    resource: dict[str, AttributeValue] = {
        attributes.SPEC_PATH: "flows/triage.flow.yaml",
        attributes.STEP_ID: "draft",
    }
    spans = [make_span(1, more={**CHAT, "gen_ai.usage.input_tokens": 12})]
    if encoding is Encoding.JSON:
        body = encode_traces(spans, resource=resource)
    else:
        body = encode_protobuf(spans, resource=resource)
    into = Rows()
    RowReader().read(body, encoding, into, source=0, tenant="")
    (row,) = into.rows
    assert row[slots.STEP_ID] == "draft"
    assert row[slots.INPUT_TOKENS] == 12


@pytest.mark.parametrize("encoding", Encoding)
def test_a_span_that_names_another_repository_than_its_token_is_set_aside(
    encoding: Encoding,
) -> None:
    spans = [make_call(1, flujo__repository="acme/other"), make_call(2)]
    body = (
        encode_traces(spans, resource={}) if encoding is Encoding.JSON else encode_protobuf(spans)
    )
    into = Rows()
    RowReader().read(body, encoding, into, source=0, tenant="acme/support")
    assert (into.misplaced, len(into.rows)) == (1, 1)


def test_of_two_spans_around_the_same_request_only_the_inner_one_is_an_attempt() -> None:
    spans = [
        make_call(number, parent=parent, gen_ai__usage__input_tokens=10)
        for number, parent in ((1, 0), (2, 1), (3, 0))
    ]
    into = Rows()
    RowReader().read(encode_protobuf(spans), Encoding.PROTOBUF, into, source=0, tenant="")
    columns = to_columns(into.rows, [Source("acme/support", _NS)])
    judged = judge_spans(columns, is_new=SeenKeys().add(columns.span))
    (found,) = fold_spans(columns, judged.counts, reached=SeenKeys()).stats
    assert (found.spans, found.attempts, found.input_tokens, found.runs) == (3, 2, 20, 1)


def test_who_declares_a_path_needs_no_hash_but_our_own_spans_do() -> None:
    undeclared = {attributes.SPEC_SHA256: "", attributes.SPEC_PATH: "flows/triage.flow.yaml"}
    others = make_span(1, more={**DECLARED, **CHAT, **undeclared})
    ours = make_span(
        2, more={**DECLARED, **undeclared, "flujo.span_role": "step", "flujo.outcome": "ok"}
    )
    into = Rows()
    RowReader().read(encode_protobuf([others, ours]), Encoding.PROTOBUF, into, source=0, tenant="")
    columns = to_columns(into.rows, [Source("acme/support", _NS)])
    judged = judge_spans(columns, is_new=SeenKeys().add(columns.span))
    assert judged.counts.tolist() == [True, False]
    assert judged.quarantined == {("acme/support", Quarantine.MISSING_HASH): 1}


@pytest.mark.parametrize(("ahead_s", "counts"), [(299, True), (301, False)])
def test_a_clock_may_be_five_minutes_ahead(ahead_s: int, counts: bool) -> None:
    span = make_call()._replace(start_ns=_NS, end_ns=_NS + ahead_s * 10**9)
    into = Rows()
    RowReader().read(encode_protobuf([span]), Encoding.PROTOBUF, into, source=0, tenant="")
    columns = to_columns(into.rows, [Source("acme/support", _NS)])
    assert judge_spans(columns, is_new=SeenKeys().add(columns.span)).counts.tolist() == [counts]
