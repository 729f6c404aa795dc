"""Calling a skill: inline, awaited, in a thread, or chunk by chunk.

It gets copies, so it can't change what others see. Besides `data` and its `params` it gets what it asks for by the name
of a parameter: `context`, and, by keyword-only parameters, the resources of the run.
"""

import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import lru_cache
from typing import cast

import orjson
from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.calls import AttemptError, FindSkill, SendChunk, Skill
from workflow.engine.program import SkillRef
from workflow.engine.state import Call
from workflow.engine.threads import call_in_thread
from workflow.nodes import SideEffects
from workflow.skills import find_built_in

_MAX_OUTPUT_BYTES = 4 * 1024 * 1024
_SCALARS = (str, int, float, bool, type(None))


async def call_skill(
    ref: SkillRef, data: JsonValue, call: Call, find_skill: FindSkill
) -> JsonValue:
    """Call a skill on `data` and return its answer as plain JSON data; raises `AttemptError` or what it raised."""
    built_in = find_built_in(ref.reference)
    found = built_in or find_skill(ref.reference)
    arguments: dict[str, object] = {key: _copy(value) for key, value in ref.params.items()}
    asked = _asks_for(found.function)
    if "context" in asked:
        arguments.setdefault("context", _copy(dict(call.context)))
    for name, resource in call.resources.items():
        if asked.get(name) is inspect.Parameter.KEYWORD_ONLY:
            arguments.setdefault(name, resource)
    if built_in:
        return as_json(found.function(data, **arguments))
    try:
        if inspect.isasyncgenfunction(found.function):
            return await _join(found.function(_copy(data), **arguments), call.send_chunk)
        return as_json(await _call(found, _copy(data), arguments, call.plan.timeout_s))
    except SystemExit as error:
        raise AttemptError(ErrorClass.CRASH, "the skill tried to end the process") from error
    except GeneratorExit as error:
        raise AttemptError(ErrorClass.CRASH, f"the skill raised {error!r}") from error


def as_json(output: object) -> JsonValue:
    """Return a copy of the output as plain JSON data; raises `AttemptError` for anything else."""
    if output is None or output is True or output is False:
        return output
    value: JsonValue = orjson.loads(_dump(output))
    return value


def _dump(output: object) -> bytes:
    try:
        text = orjson.dumps(output)
    except TypeError as error:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, f"not plain JSON data: {error}") from error
    if len(text) > _MAX_OUTPUT_BYTES:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, "the output is larger than 4 MiB")
    return text


async def _join(chunks: AsyncGenerator[object], send_chunk: SendChunk | None) -> JsonValue:
    """Hand on each chunk and return all of them: texts as one text, anything else as a list."""
    joined: list[JsonValue] = []
    size = 0
    async with aclosing(chunks) as stream:
        async for chunk in stream:
            text = _dump(chunk)
            size += len(text)
            if size > _MAX_OUTPUT_BYTES:
                raise AttemptError(ErrorClass.INVALID_OUTPUT, "the output is larger than 4 MiB")
            joined.append(orjson.loads(text))
            if send_chunk is not None:
                await send_chunk(joined[-1])
    if all(isinstance(chunk, str) for chunk in joined) and joined:
        return "".join(cast("list[str]", joined))
    return joined


async def _call(
    found: Skill, data: JsonValue, arguments: dict[str, object], timeout_s: float | None
) -> object:
    if inspect.iscoroutinefunction(found.function):
        return await found.function(data, **arguments)
    if found.side_effects is SideEffects.PURE and timeout_s is None:
        answer = found.function(data, **arguments)
    else:
        # It may block: in a thread, so that timeouts hold and siblings go on.
        answer = await call_in_thread(found.function, data, arguments)
    return await answer if inspect.isawaitable(answer) else answer


@lru_cache(maxsize=1024)
def _asks_for(function: Callable[..., object]) -> Mapping[str, object]:
    """Return the kinds of a function's parameters by name."""
    parameters = inspect.signature(function).parameters
    return {name: parameter.kind for name, parameter in parameters.items()}


def _copy(value: JsonValue) -> JsonValue:
    if isinstance(value, _SCALARS):
        return value
    copied: JsonValue = orjson.loads(orjson.dumps(value))
    return copied
