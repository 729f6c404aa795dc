"""Real models through pydantic-ai, by its names (`openai:gpt-4o-mini`): one request an attempt, errors as classes.

Retries are the engine's: the provider's own are switched off, or the telemetry would not see them. pydantic-ai takes
over a second to import, so it is imported where it is used: who asks no real model never pays for it.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import jsonschema
from pydantic import JsonValue

from app.adapters.model_errors import OutputSchemaError, classify_model_error, explain_model_error
from app.adapters.model_requests import request_answer
from app.adapters.models_by_name import open_model
from telemetry import price_usd
from workflow import AgentCall, AgentReply, AttemptError, SendChunk

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.usage import RunUsage


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
        here = asyncio.get_running_loop()
        if call.send_chunk:
            call = replace(call, send_chunk=_send_from_elsewhere(call.send_chunk, here))
        return await _run_on_own_loop(lambda: self._ask(call))

    async def _ask(self, call: AgentCall) -> AgentReply:
        from pydantic_ai.usage import RunUsage

        usage = RunUsage()
        try:
            async with self._open(call.model) as model:
                output = await request_answer(model, call, usage)
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
        # What has no provider has no price: no provider is guessed here.
        return open_model(name, base_url=self.base_url, api_key=self.api_key, default_provider="")


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


def _send_from_elsewhere(send_chunk: SendChunk, loop: asyncio.AbstractEventLoop) -> SendChunk:
    """Return what hands chunks on to the loop they are wanted in, and waits there for room."""

    async def send(chunk: JsonValue) -> None:
        async def hand_on() -> None:
            await send_chunk(chunk)

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(hand_on(), loop))

    return send


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
