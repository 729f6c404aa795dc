"""One execution of a container as its kind sees it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn

from pydantic import JsonValue

from policy_dsl import Expression, Failure, Value
from telemetry import ErrorClass
from workflow.engine.program import Plans
from workflow.engine.scope import Scope
from workflow.engine.unwinding import StepFailedError

RunInside = Callable[[Plans, Scope], Awaitable[JsonValue]]
"""Runs steps one after the other and returns what the last one gave; raises `StepFailedError`."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """The container's input `data`, the `scope` around it, its `span`, and how to run what is inside."""

    step_id: str
    data: JsonValue
    scope: Scope
    span: int
    run: RunInside

    def enter(self, *, branch: str = "", iteration: int = 0) -> Scope:
        """Return a scope for steps inside; the container's input is what the first one gets."""
        return self.scope.inside(self.span, previous=self.data, branch=branch, iteration=iteration)

    def evaluate(self, expression: Expression, scope: Scope) -> Value:
        """Evaluate in a scope; an expression that can't be evaluated fails the container."""
        value = expression.evaluate(scope.names)
        if isinstance(value, Failure):
            self.fail(f"{expression.source!r}: {value.reason}")
        return value

    def fail(self, message: str) -> NoReturn:
        """End the container: what it was given can't be worked with."""
        raise StepFailedError(self.step_id, ErrorClass.INVALID_INPUT, message)
