"""Jobs of one container at once, never more than its limit."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from workflow.engine.unwinding import RunAbortedError, RunStoppedError, StepFailedError

Job = Callable[[], Awaitable[None]]


async def run_at_once(jobs: Sequence[Job], limit: int | None) -> None:
    """Run all jobs, started in order, at most `limit` of them at a time.

    The first failure or abort cancels the others and is raised. A run that is stopped starts no further job; those at
    work come to their end, then `RunStoppedError` is raised.
    """
    if limit == 1 or len(jobs) == 1:
        for job in jobs:
            await job()
        return
    stopped: list[RunStoppedError] = []
    waiting = iter(jobs)
    try:
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(_work(waiting, stopped))
                for _ in range(min(limit or len(jobs), len(jobs)))
            ]
    except BaseExceptionGroup as failures:
        raise _pick(failures) from None
    if stopped:
        raise stopped[0]
    if any(worker.cancelled() for worker in workers):
        # By itself, as a skill can do that cancels the task it runs in: its jobs haven't come to an end.
        raise asyncio.CancelledError


async def _work(waiting: Iterator[Job], stopped: list[RunStoppedError]) -> None:
    for job in waiting:
        try:
            await job()
        except RunStoppedError as stop:
            stopped.append(stop)
        if stopped:
            return


def _pick(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what ends the container: an abort, else the first failure, else what should never have got here."""
    for wanted in (RunAbortedError, StepFailedError):
        for error in failures.exceptions:
            if isinstance(error, wanted):
                return error
    return failures
