"""A run as a stream: its events as they happen, and a consumer that is slow slows the run down."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from pydantic import JsonValue

from workflow.engine.cache import Cache
from workflow.engine.events import (
    ChunkSent,
    Event,
    Listener,
    RunFinished,
    RunPaused,
    StepStarted,
)
from workflow.engine.governor import RunLimits
from workflow.engine.hooks import Hook
from workflow.engine.performing import Past
from workflow.engine.program import Program
from workflow.engine.resources import Resource
from workflow.engine.result import RunResult
from workflow.engine.run import run_program
from workflow.engine.state import HashInput, Perform


@asynccontextmanager
async def stream_program(
    program: Program,
    data: JsonValue,
    *,
    perform: Perform,
    run_id: str,
    started_at: datetime,
    ahead: int = 16,
    seed: int = 0,
    listeners: Sequence[Listener] = (),
    hooks: Sequence[Hook] = (),
    limits: RunLimits | None = None,
    resources: Mapping[str, Resource] | None = None,
    hash_input: HashInput | None = None,
    overrides: Mapping[str, str] | None = None,
    cache: Cache | None = None,
    past: Past | None = None,
) -> AsyncIterator[AsyncIterator[Event]]:
    """Run a workflow and give its events one by one; the arguments are `run_program`'s.

    The last event is `RunFinished`, or `RunPaused`.

    Steps and chunks wait while `ahead` events haven't been taken. Leaving the block cancels a run that isn't over and
    waits until it is.
    """
    channel = _Channel(ahead)
    run = run_program(
        program,
        data,
        perform=perform,
        run_id=run_id,
        started_at=started_at,
        seed=seed,
        listeners=(*listeners, channel.tell),
        hooks=(*hooks, channel.wait_for_room),
        limits=limits,
        resources=resources,
        streams=True,
        hash_input=hash_input,
        overrides=overrides,
        cache=cache,
        past=past,
    )
    task = asyncio.create_task(run)
    task.add_done_callback(channel.end)
    try:
        yield channel.take_all(task)
    finally:
        await _end(task)


async def _end(task: "asyncio.Task[RunResult]") -> None:
    """Cancel the run and wait until it has ended, even when this is cancelled meanwhile; raises what it raised."""
    task.cancel()
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    if not task.cancelled():
        task.result()


class _Channel:
    """Events on their way from a run to whoever takes them."""

    def __init__(self, ahead: int) -> None:
        if ahead < 1:
            raise ValueError(f"ahead must be at least 1, not {ahead}")
        self._ahead = ahead
        self._events: deque[Event] = deque()
        self._told = asyncio.Event()
        self._taken = asyncio.Event()

    def tell(self, event: Event) -> None:
        self._events.append(event)
        self._told.set()

    def end(self, _: "asyncio.Task[RunResult]") -> None:
        self._told.set()

    async def wait_for_room(self, event: Event) -> None:
        """A hook: what would go on producing waits until what there is has been taken."""
        if not isinstance(event, StepStarted | ChunkSent):
            return
        while len(self._events) >= self._ahead:
            self._taken.clear()
            await self._taken.wait()

    async def take_all(self, task: "asyncio.Task[RunResult]") -> AsyncIterator[Event]:
        """Yield every event; raises what the run raised, which is a defect or its being cancelled."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._taken.set()
                yield event
                if isinstance(event, RunFinished | RunPaused):
                    await task
                    return
            if task.done():
                await task
                return
            self._told.clear()
            await self._told.wait()
