"""Blocking functions in threads of their own, which nobody waits for once their result is no longer wanted.

The event loop's own pool would: a few hanging skills would fill it, and closing the loop would wait for them.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def call_in_thread(
    function: Callable[..., object], data: object, arguments: Mapping[str, object]
) -> object:
    """Call a function that may block; cancelling stops waiting for it, the thread itself can't be stopped."""
    context = contextvars.copy_context()
    call = partial(context.run, function, data, **arguments)
    return await asyncio.get_running_loop().run_in_executor(_OneThreadEach(), call)


class _OneThreadEach(Executor):
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        future: Future[_T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except (StopIteration, GeneratorExit) as error:
                # To a coroutine they mean something else: the caller would wait for ever, or give up.
                future.set_exception(RuntimeError(f"the function raised {error!r}"))
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, name="flujo-skill", daemon=True).start()
        return future
