"""Simulated models, `sim:NAME`: seeded latency, failures, prices and answers, without a network and marked as such.

All parameters are in `simulated_models.toml` beside this file. What a call draws by chance it draws up front and in a
fixed order, so two models asked with the same seed differ by their parameters alone.
"""

import json
import math
import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from app.adapters.simulated_answers import Reading, fill_schema, write_text
from telemetry import ErrorClass
from workflow import AgentCall, AgentReply, AttemptError

PREFIX = "sim:"
_PARAMETERS = Path(__file__).with_suffix(".toml")
_CHARACTERS_PER_TOKEN = 4
_MILLION = Decimal(1_000_000)

Probability = Annotated[float, Field(ge=0, le=1)]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Parameters):
    """USD for a million tokens."""

    input: Annotated[Decimal, Field(ge=0)]
    output: Annotated[Decimal, Field(ge=0)]


class Latency(_Parameters):
    """Log-normal seconds: the median, and the standard deviation of the logarithm."""

    median_s: Annotated[float, Field(gt=0)]
    sigma: Annotated[float, Field(ge=0)]


class Hang(_Parameters):
    """How often a call hangs, and for how many seconds."""

    probability: Probability = 0.0
    seconds: Annotated[float, Field(gt=0)] = 900.0


class TokenCount(_Parameters):
    """Log-normal number of tokens."""

    median: Annotated[int, Field(gt=0)]
    sigma: Annotated[float, Field(ge=0)]


class SimulatedModel(_Parameters):
    """The parameters of one simulated model."""

    price_per_million_usd: Price
    latency: Latency
    hang: Hang = Hang()
    failures: dict[ErrorClass, Probability] = {}
    quality: Probability
    output_tokens: TokenCount

    @model_validator(mode="after")
    def _check_failures(self) -> "SimulatedModel":
        if sum(self.failures.values()) > 1:
            raise ValueError("the probabilities of `failures` add up to more than 1")
        return self


@cache
def load_simulated_models() -> dict[str, SimulatedModel]:
    """Return every simulated model by its full name, `sim:small` and the like."""
    tables = tomllib.loads(_PARAMETERS.read_text(encoding="utf-8"))
    return {PREFIX + name: SimulatedModel.model_validate(table) for name, table in tables.items()}


async def ask_simulated(call: AgentCall) -> AgentReply:
    """Answer as the model named by `call.model` would; raises `AttemptError` for the failures it simulates.

    Latency is awaited on the engine's clock. Only `max_tokens` of the settings has an effect.
    """
    model = _find_model(call.model)
    chance = _draw(call.random)
    await call.sleep(_latency_s(model, chance))
    error_class = _failure(model, chance)
    if error_class is not None:
        raise AttemptError(
            error_class,
            f"[simulated by {call.model}] {error_class}",
            model=call.model,
            simulated=True,
        )
    return _reply(call, model, chance)


class _Chance(NamedTuple):
    hang: float
    latency: float
    failure: float
    tokens: float
    answer: int


def _draw(random: Random) -> _Chance:
    return _Chance(
        hang=random.random(),
        latency=random.gauss(),
        failure=random.random(),
        tokens=random.gauss(),
        answer=random.getrandbits(64),
    )


def _find_model(name: str) -> SimulatedModel:
    models = load_simulated_models()
    if name not in models:
        known = ", ".join(models)
        raise AttemptError(
            ErrorClass.INVALID_INPUT,
            f"unknown simulated model {name!r}; known: {known}",
            model=name,
        )
    return models[name]


def _latency_s(model: SimulatedModel, chance: _Chance) -> float:
    if chance.hang < model.hang.probability:
        return model.hang.seconds
    return model.latency.median_s * math.exp(model.latency.sigma * chance.latency)


def _failure(model: SimulatedModel, chance: _Chance) -> ErrorClass | None:
    threshold = 0.0
    for error_class, probability in model.failures.items():
        threshold += probability
        if chance.failure < threshold:
            return error_class
    return None


class _Usage(NamedTuple):
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    is_cut: bool


def _reply(call: AgentCall, model: SimulatedModel, chance: _Chance) -> AgentReply:
    prompt = call.prompt if isinstance(call.prompt, str) else json.dumps(call.prompt)
    usage = _measure(call, prompt, model, chance)
    if usage.is_cut and call.output_schema is not None:
        raise AttemptError(
            ErrorClass.INVALID_OUTPUT,
            f"[simulated by {call.model}] the answer was cut off at {usage.output_tokens} tokens",
            model=call.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=usage.cost_usd,
            simulated=True,
        )
    random = Random(chance.answer)  # noqa: S311 -- a simulation, seeded by the engine
    reading = Reading(call.system_prompt, prompt, call.model, model.quality, random)
    return AgentReply(
        output=_answer(call, reading, is_cut=usage.is_cut),
        model=call.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=usage.cost_usd,
        simulated=True,
    )


def _measure(call: AgentCall, prompt: str, model: SimulatedModel, chance: _Chance) -> _Usage:
    input_tokens = math.ceil(len(call.system_prompt + prompt) / _CHARACTERS_PER_TOKEN)
    tokens = model.output_tokens
    wanted = max(1, round(tokens.median * math.exp(tokens.sigma * chance.tokens)))
    limit = call.settings.get("max_tokens")
    output_tokens = min(wanted, limit) if isinstance(limit, int) else wanted
    price = model.price_per_million_usd
    cost_usd = (price.input * input_tokens + price.output * output_tokens) / _MILLION
    return _Usage(input_tokens, output_tokens, cost_usd, output_tokens < wanted)


def _answer(call: AgentCall, reading: Reading, *, is_cut: bool) -> JsonValue:
    if call.output_schema is None:
        return write_text(reading) + (" […]" if is_cut else "")
    return fill_schema(call.output_schema, reading)
