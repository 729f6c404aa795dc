"""One execution of a step: what it was given, what it has used up so far, how it ended."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.engine.events import Visit
from workflow.engine.program import StepPlan

_FREE = Decimal(0)


@dataclass(slots=True)
class Execution:
    """One execution of a step; `attempts`, `cost_usd` and `tokens` grow while it goes on."""

    plan: StepPlan
    visit: Visit
    data: JsonValue
    context: dict[str, JsonValue]
    started_s: float
    attempt_ended_s: float | None = None
    """When the last attempt ended, if nothing has been waited for since: reading the clock isn't free."""
    attempts: int = 0
    cost_usd: Decimal = _FREE
    tokens: int = 0


class Ended(NamedTuple):
    """How an execution ended."""

    output: JsonValue
    outcome: Outcome = Outcome.OK
    error_class: ErrorClass = ErrorClass.NONE
    error: str = ""


CANCELLED = Ended(None, Outcome.CANCELLED, ErrorClass.NONE, "cancelled")
PAUSED = Ended(None, Outcome.CANCELLED, ErrorClass.NONE, "paused: a person is asked")


def failed(error_class: ErrorClass, error: str) -> Ended:
    """Return the end of an execution that failed."""
    return Ended(None, outcome_of(error_class), error_class, error)


def outcome_of(error_class: ErrorClass) -> Outcome:
    """Return the outcome of what failed with this class."""
    return Outcome.TIMEOUT if error_class is ErrorClass.TIMEOUT else Outcome.ERROR
