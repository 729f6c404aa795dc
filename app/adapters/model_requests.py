"""One request to a model through pydantic-ai: the prompt, the settings, the shape of the answer."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pydantic import JsonValue

from workflow import AgentCall, SendChunk

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model
    from pydantic_ai.settings import ModelSettings
    from pydantic_ai.usage import RunUsage

_ANSWER = "answer"
_REJECTED = "Your previous answer was rejected by a check. What it said, as a JSON string:"


async def request_answer(model: "Model", call: AgentCall, usage: "RunUsage") -> JsonValue:
    """Ask once, in parts when somebody listens to a text; adds what it takes to `usage`."""
    from pydantic_ai import Agent, StructuredDict

    instructions = call.system_prompt or None
    prompt, settings = _write_prompt(call), _settings(call)
    if call.output_schema is None:
        teller = Agent(model, instructions=instructions, retries=0)
        if call.send_chunk:
            return await _tell_in_parts(teller, prompt, settings, usage, call.send_chunk)
        return (await teller.run(prompt, model_settings=settings, usage=usage)).output
    shape = StructuredDict(_as_object(call.output_schema), name=_ANSWER)
    filler = Agent(model, output_type=shape, instructions=instructions, retries=0)
    output = (await filler.run(prompt, model_settings=settings, usage=usage)).output
    return cast("JsonValue", output if _is_object(call.output_schema) else output.get(_ANSWER))


async def _tell_in_parts(
    teller: "Agent[None, str]",
    prompt: str,
    settings: "ModelSettings",
    usage: "RunUsage",
    send_chunk: SendChunk,
) -> str:
    parts: list[str] = []
    async with teller.run_stream(prompt, model_settings=settings, usage=usage) as answer:
        async for part in answer.stream_text(delta=True, debounce_by=None):
            parts.append(part)
            await send_chunk(part)
    return "".join(parts)


def _write_prompt(call: AgentCall) -> str:
    """Return the prompt; behind it why the answer before was rejected, as one JSON string: its end is certain."""
    prompt = call.prompt if isinstance(call.prompt, str) else json.dumps(call.prompt)
    if not call.feedback:
        return prompt
    return f"{prompt}\n\n{_REJECTED}\n{json.dumps(call.feedback)}"


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
