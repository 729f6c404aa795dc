"""Blocking functions in threads of their own."""

import asyncio
import contextvars
import threading
import time

import pytest

from workflow.engine.threads import call_in_thread

NAME = contextvars.ContextVar("NAME", default="")


def test_the_answer_comes_back_and_the_caller_s_context_goes_along() -> None:
    NAME.set("Ada")

    def greet(data: str, *, word: str) -> tuple[str, bool]:
        return f"{word} {NAME.get()} {data}", threading.current_thread().daemon

    assert asyncio.run(call_in_thread(greet, "!", {"word": "Hi"})) == ("Hi Ada !", True)


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_what_a_function_raises_arrives(error: BaseException) -> None:
    def fail(_: object) -> None:
        raise error

    async def catch() -> None:
        with pytest.raises(type(error)):
            await asyncio.wait_for(call_in_thread(fail, None, {}), 10)

    if isinstance(error, Exception):
        asyncio.run(catch())
    else:
        with pytest.raises(type(error)):
            asyncio.run(call_in_thread(fail, None, {}))


@pytest.mark.parametrize("error", [StopIteration(), GeneratorExit()])
def test_a_function_that_raises_what_ends_a_generator_does_not_hang_the_caller(
    error: BaseException,
) -> None:
    def fail(_: object) -> None:
        raise error

    async def catch() -> None:
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(call_in_thread(fail, None, {}), 10)

    asyncio.run(catch())


def test_closing_the_loop_does_not_wait_for_an_abandoned_thread() -> None:
    release = threading.Event()

    async def abandon() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await call_in_thread(lambda _: release.wait(30), None, {})

    began = time.monotonic()
    try:
        asyncio.run(abandon())
    finally:
        release.set()
    assert time.monotonic() - began < 10
