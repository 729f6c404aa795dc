"""What skills are handed for the length of a run: set up before its first step, torn down after its last.

Every resource is opened when the run starts and closed when it ends, in reverse order, both by the task of the run.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType

from workflow.calls import classify_exception
from workflow.engine.unwinding import RunAbortedError

Resource = Callable[[], AbstractAsyncContextManager[object]]
"""Sets up one resource for one run: called as `factory()`, entered, and left when the run ends."""


@dataclass(slots=True)
class OpenResources:
    """Opens the resources of one run, in order, and closes them; `problems` grows by those that can't be closed."""

    factories: Mapping[str, Resource]
    problems: list[str]
    by_name: dict[str, object] = field(default_factory=dict)
    _managers: list[tuple[str, AbstractAsyncContextManager[object]]] = field(default_factory=list)

    async def __aenter__(self) -> Mapping[str, object]:
        """Return the open resources; raises `RunAbortedError` naming the first that can't be opened."""
        try:
            for name, factory in self.factories.items():
                await self._open(name, factory)
        except BaseException as error:
            await self._close(error)
            raise
        return self.by_name

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        reason: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._close(reason)

    async def _open(self, name: str, factory: Resource) -> None:
        try:
            manager = factory()
            self.by_name[name] = await manager.__aenter__()
        except Exception as error:
            message = f"resource {name!r} can't be set up: {type(error).__name__}: {error}"
            raise RunAbortedError(classify_exception(error), message) from error
        self._managers.append((name, manager))

    async def _close(self, reason: BaseException | None) -> None:
        """Close the last one first, whatever happens to the others; cancelled meanwhile, close the rest all the same.

        Each is told what ended the run early, like any context manager, and can't make it go on.
        """
        cancelled: BaseException | None = None
        while self._managers:
            name, manager = self._managers.pop()
            try:
                await manager.__aexit__(type(reason) if reason else None, reason, None)
            except BaseException as error:
                if error is reason:
                    continue
                if isinstance(error, Exception):
                    self.problems.append(_describe(name, error))
                else:
                    cancelled = error
        if cancelled is not None:
            raise cancelled


def _describe(name: str, error: Exception) -> str:
    return f"resource {name!r} can't be torn down: {type(error).__name__}: {error}"
