"""The virtual clock: waiting is free, order and meaning stay, threads are real."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow import VirtualTimeLoop

_T = TypeVar("_T")


def run(main: Callable[[], Awaitable[_T]], *, count_cpu: bool = False) -> _T:
    async def start() -> _T:
        return await main()

    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(count_cpu=count_cpu)) as runner:
        return runner.run(start())


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("count_cpu", [True, False])
def test_a_week_of_sleep_takes_no_time(count_cpu: bool) -> None:
    async def sleep() -> float:
        await asyncio.sleep(7 * 86_400)
        return now()

    began = time.monotonic()
    assert run(sleep, count_cpu=count_cpu) == pytest.approx(7 * 86_400, abs=5)
    assert time.monotonic() - began < 5


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0, 1e6), max_size=8))
def test_sleepers_wake_in_order_each_at_its_time(delays: list[float]) -> None:
    woken: list[tuple[float, float]] = []

    async def sleeper(delay: float) -> None:
        await asyncio.sleep(delay)
        woken.append((delay, now()))

    async def all_of_them() -> None:
        await asyncio.gather(*map(sleeper, delays))

    run(all_of_them)
    assert [delay for delay, _ in woken] == sorted(delays)
    assert all(at == pytest.approx(delay, abs=1e-6) for delay, at in woken)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1e6), max_size=20))
def test_without_cpu_time_the_clock_reads_the_same_on_every_run(delays: list[float]) -> None:
    async def walk() -> list[float]:
        times = []
        for delay in delays:
            await asyncio.sleep(delay)
            times.append(now())
        return times

    assert run(walk) == run(walk)


def test_computing_counts_only_where_it_is_asked_for() -> None:
    async def compute() -> float:
        start = time.monotonic()
        while time.monotonic() - start < 0.01:
            pass
        await asyncio.sleep(0)
        return now()

    assert run(compute) == 0
    assert run(compute, count_cpu=True) >= 0.01


def test_a_timeout_fires_at_its_time() -> None:
    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await asyncio.sleep(900)
        return now()

    assert run(wait) == 60


@pytest.mark.parametrize("count_cpu", [True, False])
def test_a_thread_is_waited_for_and_its_time_is_real(count_cpu: bool) -> None:
    async def wait() -> float:
        await asyncio.to_thread(time.sleep, 0.02)
        return now()

    assert 0.015 < run(wait, count_cpu=count_cpu) < 10


def test_sleepers_beside_a_thread_wait_for_real_until_it_is_done() -> None:
    async def wait() -> tuple[bool, float]:
        sleeper = asyncio.create_task(asyncio.sleep(600))
        await asyncio.to_thread(time.sleep, 0.02)
        still_asleep = not sleeper.done()
        await sleeper
        return still_asleep, now()

    still_asleep, at = run(wait)
    assert still_asleep
    assert at == pytest.approx(600, abs=1)


def test_a_timeout_against_a_blocked_thread_is_real() -> None:
    release = threading.Event()

    async def wait() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await asyncio.to_thread(release.wait, 30)
        release.set()
        return now()

    assert 0.02 <= run(wait) < 10


def test_a_clock_set_back_starts_from_0() -> None:
    loop = VirtualTimeLoop(count_cpu=False)

    async def sleep() -> float:
        loop.rewind()
        begun = now()
        async with asyncio.timeout(1000):
            await asyncio.sleep(0.1)
        assert begun == 0
        return now()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert [runner.run(sleep()) for _ in range(3)] == [0.1, 0.1, 0.1]
