"""Run a spec's embedded tests, several at a time if asked to; results come in the order of the tests."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from workflow import EmbeddedTest, Perform, Program, TestResult, run_embedded_tests

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
OpenPerformer = Callable[[], Perform]
"""Builds what makes attempts; each worker has its own, and with it its own copy of the user's skills."""


@dataclass(frozen=True, slots=True)
class TestRun:
    """Which tests to run, and how."""

    __test__ = False

    tests: Sequence[EmbeddedTest]
    now: datetime
    seed: int = 0
    jobs: int = 1


def run_tests(
    program: Program,
    wanted: TestRun,
    *,
    open_performer: OpenPerformer,
    loop_factory: LoopFactory | None,
    report: Callable[[TestResult], None] = lambda _: None,
) -> list[TestResult]:
    """Run the tests in `jobs` threads: what takes long is waiting for models, which other tests can use."""
    waiting = deque(enumerate(wanted.tests))

    def work() -> list[tuple[int, TestResult]]:
        taken: list[int] = []
        results = run_embedded_tests(
            program,
            open_performer(),
            now=wanted.now,
            seed=wanted.seed,
            loop_factory=loop_factory,
            tests=_take_from(waiting, taken),
            report=report,
        )
        return list(zip(taken, results, strict=True))

    jobs = min(wanted.jobs, len(wanted.tests))
    done = work() if jobs <= 1 else _work_in_threads(work, jobs, waiting)
    return [result for _, result in sorted(done, key=lambda numbered: numbered[0])]


def _take_from(
    waiting: deque[tuple[int, EmbeddedTest]], taken: list[int]
) -> Iterator[EmbeddedTest]:
    """Take the next test that no other worker has, until there is none, noting its number."""
    while True:
        try:
            number, test = waiting.popleft()
        except IndexError:
            return
        taken.append(number)
        yield test


def _work_in_threads(
    work: Callable[[], list[tuple[int, TestResult]]],
    jobs: int,
    waiting: deque[tuple[int, EmbeddedTest]],
) -> list[tuple[int, TestResult]]:
    with ThreadPoolExecutor(jobs, thread_name_prefix="flujo-test") as pool:
        try:
            workers = [pool.submit(work) for _ in range(jobs)]
            return [numbered for worker in workers for numbered in worker.result()]
        finally:
            # After Ctrl-C the tests under way end, and no other begins.
            waiting.clear()
