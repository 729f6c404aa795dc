"""Calling a skill: inline, awaited, or in a thread; it gets copies, so it can't change what others see."""

import inspect
from collections.abc import Callable
from functools import lru_cache

import orjson
from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.calls import AttemptError, FindSkill, Skill
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
    if _wants_context(found.function):
        arguments.setdefault("context", _copy(dict(call.context)))
    if built_in:
        return as_json(found.function(data, **arguments))
    try:
        return as_json(await _call(found, _copy(data), arguments, call.plan.timeout_s))
    except SystemExit as error:
        raise AttemptError(ErrorClass.CRASH, "the skill tried to end the process") from error


def as_json(output: object) -> JsonValue:
    """Return a copy of the output as plain JSON data; raises `AttemptError` for anything else."""
    if output is None or output is True or output is False:
        return output
    try:
        text = orjson.dumps(output)
    except TypeError as error:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, f"not plain JSON data: {error}") from error
    if len(text) > _MAX_OUTPUT_BYTES:
        raise AttemptError(ErrorClass.INVALID_OUTPUT, "the output is larger than 4 MiB")
    value: JsonValue = orjson.loads(text)
    return value


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
def _wants_context(function: Callable[..., object]) -> bool:
    return "context" in inspect.signature(function).parameters


def _copy(value: JsonValue) -> JsonValue:
    if isinstance(value, _SCALARS):
        return value
    copied: JsonValue = orjson.loads(orjson.dumps(value))
    return copied
