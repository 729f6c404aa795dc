"""The branches of a step, opened one by one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from pydantic import JsonValue

from workflow.builder.refusal import refuse
from workflow.format.spec_model import JsonObject

Collect = Callable[[], AbstractContextManager[list[JsonValue]]]
"""Opens a block and gives the list its steps come into."""


class Branches:
    """The named branches of a step, or the states of a state machine; they are written into `written`."""

    def __init__(self, collect: Collect, written: JsonObject, where: str) -> None:
        self._collect = collect
        self._written = written
        self._where = where

    @contextmanager
    def branch(self, name: str) -> Iterator[None]:
        """Put the steps inside into the branch, or the state, of that name; raises `SpecError` for a second one."""
        if name in self._written:
            raise refuse("duplicate-name", f"{self._where}: a second branch named {name!r}")
        with self._collect() as self._written[name]:
            yield
