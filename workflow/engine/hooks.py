"""Hooks: async functions that a run waits for, before it and after it and around each step, and that may abort it."""

from collections.abc import Awaitable, Callable, Sequence

from telemetry import ErrorClass
from workflow.engine.events import Event
from workflow.engine.unwinding import RunAbortedError

Hook = Callable[[Event], Awaitable[None]]
"""Awaited with `RunStarted`, `StepStarted`, `ChunkSent`, `StepFinished`, `RunFinished`, `RunPaused`; may `AbortRun`."""


class AbortRun(Exception):  # noqa: N818 -- a request, not an error
    """Raised by a hook: the run ends here, what is at work is cancelled, and the result tells the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


async def consult(hooks: Sequence[Hook], event: Event) -> None:
    """Wait for every hook, in order; raises `RunAbortedError` when one aborts the run, or fails itself."""
    for hook in hooks:
        try:
            await hook(event)
        except AbortRun as abort:
            message = f"aborted by hook {_name(hook)!r}: {abort.reason}"
            raise RunAbortedError(ErrorClass.POLICY, message) from abort
        except Exception as error:
            message = f"hook {_name(hook)!r} failed: {type(error).__name__}: {error}"
            raise RunAbortedError(ErrorClass.CRASH, message) from error


def _name(hook: Hook) -> str:
    return getattr(hook, "__name__", type(hook).__name__)
