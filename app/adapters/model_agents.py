"""Real models through pydantic-ai, by its names (`openai:gpt-4o-mini`): one request an attempt, errors as classes.

Retries are the engine's: the provider's own are switched off, or the telemetry would not see them. pydantic-ai takes
over a second to import, so it is imported where it is used: who asks no real model never pays for it.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import jsonschema
from pydantic import JsonValue

from app.adapters.model_errors import OutputSchemaError, classify_model_error, explain_model_error
from telemetry import price_usd
from workflow import AgentCall, AgentReply, AttemptError

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.providers import Provider
    from pydantic_ai.settings import ModelSettings
    from pydantic_ai.usage import RunUsage

_ANSWER = "answer"
_NO_KEY = "no-key"


@dataclass(frozen=True, slots=True)
class ModelAgents:
    """Asks real models, by default each at its own provider with the key from the provider's environment variable.

    With a `base_url` every request goes to that OpenAI-compatible server, whatever the provider's name, and carries
    `api_key` or none: a key from the environment is never sent to a server it wasn't made for.
    """

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    async def ask(self, call: AgentCall) -> AgentReply:
        """Ask the model once; raises `AttemptError`, which says what the attempt used all the same."""
        return await _run_on_own_loop(lambda: self._ask(call))

    async def _ask(self, call: AgentCall) -> AgentReply:
        from pydantic_ai.usage import RunUsage

        usage = RunUsage()
        try:
            async with self._open(call.model) as model:
                output = await _request(model, call, usage)
            _check_output(output, call.output_schema)
        except Exception as error:
            raise _failed_attempt(error, call, usage) from error
        return AgentReply(
            output=output,
            model=call.model,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=_price(call.model, usage),
        )

    def _open(self, name: str) -> "Model":
        """Build the model with connections of its own: they belong to the event loop they are made in."""
        from pydantic_ai.models import infer_model

        if self.base_url is not None:
            return _open_compatible(name, self.base_url, self.api_key)
        if self.api_key is not None:
            return infer_model(name, provider_factory=self._provider_with_key)
        return infer_model(name)

    def _provider_with_key(self, provider: str) -> "Provider[object]":
        from pydantic_ai.providers import infer_provider_class

        build: Callable[..., Provider[object]] = infer_provider_class(provider)
        return build(api_key=self.api_key)


async def _run_on_own_loop(make: Callable[[], Coroutine[None, None, AgentReply]]) -> AgentReply:
    """Run in a thread with a loop of its own: on the engine's, whose clock skips idle waits, a request would time out.

    Cancelling the caller cancels the request.
    """
    running: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[AgentReply]]] = []

    def work() -> AgentReply:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            task = loop.create_task(make())
            running.append((loop, task))
            return loop.run_until_complete(task)

    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        for loop, task in running:
            with suppress(RuntimeError):  # the loop is closed: the request is over
                loop.call_soon_threadsafe(task.cancel)
        raise


def _open_compatible(name: str, base_url: str, api_key: str | None) -> "Model":
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(base_url=base_url, api_key=api_key or _NO_KEY)
    return OpenAIChatModel(name.partition(":")[2] or name, provider=provider)


async def _request(model: "Model", call: AgentCall, usage: "RunUsage") -> JsonValue:
    from pydantic_ai import Agent, StructuredDict

    instructions = call.system_prompt or None
    prompt = call.prompt if isinstance(call.prompt, str) else json.dumps(call.prompt)
    settings = _settings(call)
    if call.output_schema is None:
        teller = Agent(model, instructions=instructions, retries=0)
        return (await teller.run(prompt, model_settings=settings, usage=usage)).output
    shape = StructuredDict(_as_object(call.output_schema), name=_ANSWER)
    filler = Agent(model, output_type=shape, instructions=instructions, retries=0)
    output = (await filler.run(prompt, model_settings=settings, usage=usage)).output
    return cast("JsonValue", output if _is_object(call.output_schema) else output.get(_ANSWER))


def _settings(call: AgentCall) -> "ModelSettings":
    from pydantic_ai.settings import ModelSettings

    settings = ModelSettings(max_retries=0)
    temperature, top_p = call.settings.get("temperature"), call.settings.get("top_p")
    max_tokens = call.settings.get("max_tokens")
    if isinstance(temperature, int | float):
        settings["temperature"] = temperature
    if isinstance(top_p, int | float):
        settings["top_p"] = top_p
    if isinstance(max_tokens, int):
        settings["max_tokens"] = max_tokens
    return settings


def _is_object(schema: Mapping[str, JsonValue]) -> bool:
    return schema.get("type") == "object"


def _as_object(schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Wrap what isn't an object: providers accept objects only."""
    if _is_object(schema):
        return dict(schema)
    inner: dict[str, JsonValue] = {key: item for key, item in schema.items() if key != "$defs"}
    wrapped: dict[str, JsonValue] = {
        "type": "object",
        "properties": {_ANSWER: inner},
        "required": [_ANSWER],
        "additionalProperties": False,
    }
    return wrapped | ({"$defs": schema["$defs"]} if "$defs" in schema else {})


def _check_output(output: JsonValue, schema: Mapping[str, JsonValue] | None) -> None:
    """Providers promise the schema at best in part, so it is checked here; raises `OutputSchemaError`."""
    if schema is None:
        return
    found = jsonschema.Draft202012Validator(dict(schema)).iter_errors(output)
    error = jsonschema.exceptions.best_match(found)
    if error is not None:
        raise OutputSchemaError("/".join(map(str, error.absolute_schema_path)))


def _failed_attempt(error: Exception, call: AgentCall, usage: "RunUsage") -> AttemptError:
    return AttemptError(
        classify_model_error(error),
        explain_model_error(error),
        model=call.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cost_usd=_price(call.model, usage),
    )


def _price(model: str, usage: "RunUsage") -> Decimal:
    provider, colon, name = model.partition(":")
    vendor = provider.removesuffix("-chat").removesuffix("-responses")
    return price_usd(vendor + colon + name, usage.input_tokens, usage.output_tokens) or Decimal(0)
