"""An event loop on which waiting is free: when nothing is ready, its clock jumps to the next timer.

Simulated latency, back-off and timeouts keep their meaning and their order, and cost no real time. Work in threads is
real, and so is whatever says that it takes `real_time`: while any is in flight the loop waits for it like every other
loop, and the clock moves with the wall.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple, Unpack

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A selector loop whose `time()` skips idle waits.

    With `count_cpu` the time spent computing counts too (live runs); without it time is purely virtual, so that the
    same recording replays to the same latencies on any machine.
    """

    def __init__(self, *, count_cpu: bool = True) -> None:
        self._skipped_s = 0.0
        self._real_s = 0.0
        self._in_flight = 0
        self._is_real = False
        self._count_cpu = count_cpu
        self._origin = time.monotonic()
        super().__init__(_SkippingSelector(self))

    def time(self) -> float:
        """Seconds on this loop's clock; starts near 0."""
        real = time.monotonic() - self._origin if self._count_cpu else self._real_s
        return self._skipped_s + real

    def rewind(self) -> None:
        """Set the clock back to 0; for use between runs, when no timer is pending."""
        self._skipped_s = self._real_s = 0.0
        self._origin = time.monotonic()

    def count_cpu_from_now(self) -> None:
        """Count computing too; time goes on from where the clock is."""
        if not self._count_cpu:
            self._skipped_s, self._real_s = self.time(), 0.0
            self._count_cpu, self._origin = True, time.monotonic()

    def keep_to_real_time(self) -> None:
        """Skip no more waits, and count computing too."""
        self.count_cpu_from_now()
        self._is_real = True

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run in a thread, and keep to real time until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._in_flight += 1
        future.add_done_callback(self._land)
        return future

    @contextmanager
    def real_time(self) -> Iterator[None]:
        """Keep to real time inside: for what waits for the world outside this loop."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    async def shutdown_default_executor(self, *timeout_s: float) -> None:
        """Wait for its threads for as long as asyncio does (a limit since Python 3.12), and not a skipped while."""
        with self.real_time():
            await super().shutdown_default_executor(*timeout_s)

    def wait(self, select: Callable[[float | None], Any], timeout: float | None) -> Any:
        """Wait for `timeout` seconds: for real while threads are at work, else by moving the clock."""
        if timeout is not None and timeout <= 0:
            return select(timeout)
        if self._in_flight or self._is_real:
            before = time.monotonic()
            ready = select(timeout)
            self._real_s += time.monotonic() - before
            return ready
        if timeout is None:
            return select(None)
        ready = select(0)
        if not ready:
            self._skipped_s += timeout
        return ready

    def _land(self, _: asyncio.Future[Any]) -> None:
        self._in_flight -= 1


class _SkippingSelector(selectors.BaseSelector):
    """Hands every wait to the loop that owns the clock."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> Any:
        return self._loop.wait(self._inner.select, timeout)

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def close(self) -> None:
        self._inner.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()
