import asyncio
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from app.adapters.agents import open_agents
from app.adapters.simulated_models import SimulatedModel, ask_simulated, load_simulated_models
from telemetry import TRANSIENT, ErrorClass
from workflow import AgentCall, AgentReply, AttemptError

CATEGORIES: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"category": {"type": "string", "enum": ["billing", "outage", "other"]}},
    "required": ["category"],
}
CUES = (
    "Say which team answers.\n- billing: charge, refund\n- outage: down, error\n- other: the rest"
)


class Clock:
    """Remembers how long it was slept on; nobody waits."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def call(
    model: str = "sim:perfect",
    prompt: JsonValue = "I want a refund",
    *,
    seed: int = 0,
    system_prompt: str = CUES,
    schema: Mapping[str, JsonValue] | None = None,
    clock: Clock | None = None,
    **settings: JsonValue,
) -> AgentCall:
    return AgentCall(
        step_id="s",
        agent="a",
        model=model,
        system_prompt=system_prompt,
        prompt=prompt,
        output_schema=schema,
        settings=settings,
        attempt=1,
        random=Random(seed),
        sleep=(clock or Clock()).sleep,
    )


def ask(request: AgentCall) -> AgentReply:
    return asyncio.run(ask_simulated(request))


def error_of(request: AgentCall) -> AttemptError:
    with pytest.raises(AttemptError) as caught:
        ask(request)
    return caught.value


def outcome_of(request: AgentCall) -> ErrorClass:
    try:
        ask(request)
    except AttemptError as error:
        return error.error_class
    return ErrorClass.NONE


def test_the_same_seed_gives_the_same_reply_after_the_same_latency() -> None:
    first, second = Clock(), Clock()
    one = ask(call("sim:large", seed=7, schema=CATEGORIES, clock=first))
    two = ask(call("sim:large", seed=7, schema=CATEGORIES, clock=second))
    assert one == two
    assert first.slept == second.slept != []


def test_two_models_with_one_seed_share_their_luck() -> None:
    slow, quick = Clock(), Clock()
    for seed in range(20):
        ask(call("sim:slow", seed=seed, clock=slow))
        ask(call("sim:perfect", seed=seed, clock=quick))
    model = load_simulated_models()["sim:slow"]
    slower_than_median = [seconds > model.latency.median_s for seconds in slow.slept]
    gauss = []
    for seed in range(20):
        random = Random(seed)
        random.random()
        gauss.append(random.gauss() > 0)
    assert slower_than_median == gauss


def test_every_reply_says_it_is_simulated() -> None:
    reply = ask(call("sim:perfect"))
    assert reply.simulated
    assert isinstance(reply.output, str)
    assert reply.output.startswith("[simulated by sim:perfect]")


def test_a_reply_costs_its_tokens_at_the_prices_of_its_model() -> None:
    reply = ask(call("sim:perfect", "x" * 400, system_prompt=""))
    assert (reply.input_tokens, reply.output_tokens) == (100, 50)
    assert reply.cost_usd == Decimal("0.00015")


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        ("I want a refund", "billing"),
        ("You charged me", "billing"),
        ("The site is down", "outage"),
        ("A billing question", "billing"),
        ("Hello there", "other"),
        ({"text": "an error"}, "outage"),
    ],
)
def test_the_right_member_of_an_enum_is_the_one_the_prompt_speaks_for(
    prompt: JsonValue, category: str
) -> None:
    assert ask(call(prompt=prompt, schema=CATEGORIES)).output == {"category": category}


def test_a_boolean_is_true_when_the_prompt_speaks_for_its_name() -> None:
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"is_urgent": {"type": "boolean"}},
    }
    prompt = "- is_urgent: immediately, now"
    loud = ask(call(prompt="answer immediately", system_prompt=prompt, schema=schema))
    calm = ask(call(prompt="take your time", system_prompt=prompt, schema=schema))
    assert loud.output == {"is_urgent": True}
    assert calm.output == {"is_urgent": False}


def test_quality_is_the_share_of_right_answers() -> None:
    outcomes = []
    for seed in range(2000):
        try:
            outcomes.append(ask(call("sim:small", seed=seed, schema=CATEGORIES)).output)
        except AttemptError:
            continue
    right = sum(output == {"category": "billing"} for output in outcomes) / len(outcomes)
    assert right == pytest.approx(load_simulated_models()["sim:small"].quality, abs=0.02)


def test_failures_are_as_frequent_as_the_parameters_say() -> None:
    found = [outcome_of(call("sim:flaky", seed=seed)) for seed in range(2000)]
    for error_class, probability in load_simulated_models()["sim:flaky"].failures.items():
        assert error_class in TRANSIENT
        assert found.count(error_class) / 2000 == pytest.approx(probability, abs=0.02)


def test_a_simulated_failure_says_so_and_costs_nothing() -> None:
    seed = next(seed for seed in range(200) if outcome_of(call("sim:flaky", seed=seed)))
    error = error_of(call("sim:flaky", seed=seed))
    assert "simulated" in str(error)
    assert error.simulated
    assert error.cost_usd == 0


def test_a_hanging_model_hangs_as_often_and_as_long_as_its_parameters_say() -> None:
    clock = Clock()
    for seed in range(2000):
        ask(call("sim:hanging", seed=seed, clock=clock))
    hang = load_simulated_models()["sim:hanging"].hang
    assert clock.slept.count(hang.seconds) / 2000 == pytest.approx(hang.probability, abs=0.012)
    assert sorted(clock.slept)[int(2000 * 0.95)] < 5


def test_text_is_cut_off_at_max_tokens_and_says_so() -> None:
    reply = ask(call("sim:perfect", max_tokens=10))
    assert reply.output_tokens == 10
    assert str(reply.output).endswith("[…]")


def test_a_structured_answer_cut_off_at_max_tokens_is_invalid_and_paid_for() -> None:
    error = error_of(call("sim:perfect", schema=CATEGORIES, max_tokens=10))
    assert error.error_class is ErrorClass.INVALID_OUTPUT
    assert error.output_tokens == 10
    assert error.cost_usd > 0


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    error = error_of(call("sim:smal"))
    assert error.error_class is ErrorClass.INVALID_INPUT
    assert "sim:small" in str(error)


def test_agents_are_dispatched_by_the_name_of_their_model() -> None:
    async def ask_by_name() -> AgentReply:
        return await open_agents()(call("sim:perfect"))

    assert asyncio.run(ask_by_name()).simulated


def test_parameters_whose_failures_exceed_certainty_are_refused() -> None:
    parameters = load_simulated_models()["sim:flaky"].model_dump()
    with pytest.raises(ValidationError, match="more than 1"):
        SimulatedModel.model_validate({**parameters, "failures": {"timeout": 0.7, "crash": 0.7}})


SCHEMAS = st.recursive(
    st.one_of(
        st.sampled_from(["string", "boolean", "null"]).map(lambda kind: {"type": kind}),
        st.tuples(st.integers(-50, 50), st.integers(0, 50)).map(
            lambda pair: {"type": "integer", "minimum": pair[0], "maximum": pair[0] + pair[1]}
        ),
        st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
            lambda pair: {
                "type": "string",
                "minLength": min(pair),
                "maxLength": max(pair),
            }
        ),
        st.lists(st.text(max_size=8), min_size=1, max_size=4, unique=True).map(
            lambda options: {"enum": options}
        ),
        st.just({"type": "number", "minimum": 0.25, "maximum": 0.5}),
        st.just({"const": 3}),
    ),
    lambda inner: st.one_of(
        st.dictionaries(st.text("abc", min_size=1), inner, max_size=3).map(
            lambda fields: {"type": "object", "properties": fields, "required": list(fields)}
        ),
        st.tuples(inner, st.integers(0, 3)).map(
            lambda pair: {"type": "array", "items": pair[0], "minItems": pair[1]}
        ),
        inner.map(lambda schema: {"anyOf": [schema, {"type": "null"}]}),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=100)
@given(schema=SCHEMAS, seed=st.integers(0, 1000), prompt=st.text(max_size=60))
def test_an_answer_fits_its_schema(schema: dict[str, JsonValue], seed: int, prompt: str) -> None:
    reply = ask(call("sim:perfect", prompt, schema=schema, seed=seed))
    jsonschema.Draft202012Validator(schema).validate(reply.output)


def test_local_references_are_followed() -> None:
    schema: dict[str, JsonValue] = {
        "type": "object",
        "properties": {"one": {"$ref": "#/$defs/Item"}},
        "required": ["one"],
        "$defs": {"Item": {"type": "object", "properties": {"n": {"const": 1}}, "required": ["n"]}},
    }
    assert ask(call(schema=schema)).output == {"one": {"n": 1}}


def test_a_schema_that_contains_itself_ends() -> None:
    node: dict[str, JsonValue] = {"$ref": "#/$defs/Node"}
    optional: dict[str, JsonValue] = {"type": "object", "properties": {"a": node, "b": node}}
    required: dict[str, JsonValue] = {**optional, "required": ["a", "b"]}
    inners: list[JsonValue] = [optional, required, node]
    for inner in inners:
        reply = ask(call(schema={"$ref": "#/$defs/Node", "$defs": {"Node": inner}}))
        assert len(json.dumps(reply.output)) < 100_000


def test_the_reference_page_gives_the_parameters_as_they_are() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "simulated-models.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "| `sim:" in line]
    assert [row[0].strip("`") for row in rows] == list(load_simulated_models())
    for name, prices, latency, hangs, fails, right, tokens in rows:
        model = load_simulated_models()[name.strip("`")]
        price, hang = model.price_per_million_usd, model.hang
        failing = sum(model.failures.values())
        assert prices == f"{price.input} / {price.output}"
        assert latency == f"{model.latency.median_s:g} s, {model.latency.sigma:g}"
        assert hangs == (
            f"{hang.probability:.0%}, for {hang.seconds:g} s".replace("%", " %")
            if hang.probability
            else "–"
        )
        assert fails == (f"{100 * failing:g} %" if failing else "–")
        assert right == f"{model.quality:.0%}".replace("%", " %")
        assert tokens == str(model.output_tokens.median)
