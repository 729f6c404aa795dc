"""Skills that wait for the world take real time, also on a clock that skips simulated waits.

An answer of the network isn't there any sooner for a clock that jumps to the next timer; only the timeouts are.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import wraps
from typing import cast

from workflow import Skill, VirtualTimeLoop


def in_real_time(skill: Skill) -> Skill:
    """Return the skill as one whose waits aren't skipped; one that runs in a thread never had any skipped."""
    if inspect.isasyncgenfunction(skill.function):
        return replace(skill, function=_stream_in_real_time(skill.function))
    if inspect.iscoroutinefunction(skill.function):
        return replace(skill, function=_wait_in_real_time(skill.function))
    return skill


def _wait_in_real_time(function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    async def wait(*given: object, **named: object) -> object:
        with _real_time():
            return await cast("Awaitable[object]", function(*given, **named))

    return wait


def _stream_in_real_time(function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)
    async def stream(*given: object, **named: object) -> AsyncGenerator[object]:
        chunks = cast("AsyncGenerator[object]", function(*given, **named))
        with _real_time():
            async with aclosing(chunks):
                async for chunk in chunks:
                    yield chunk

    return stream


@contextmanager
def _real_time() -> Iterator[None]:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualTimeLoop):
        yield
        return
    with loop.real_time():
        yield
