"""What each validator of a step did: how often it was asked, how long it looked, and how often it said no."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from meta_agent.statistics import wilson_bounds
from telemetry import Attempt, ErrorClass
from workflow import StepNode


@dataclass(frozen=True, slots=True)
class ValidatorUse:
    """One validator of a step, at its place in the order (from 0); it is asked only where those before it say yes."""

    reference: str
    place: int
    asked: int
    rejected: int
    mean_ms: float

    @property
    def rejection_bounds(self) -> tuple[float, float]:
        """Lower and upper bound, each at 95 %, of how often it says no to what it is asked about."""
        return wilson_bounds(self.rejected, self.asked)


def measure_validators(node: StepNode, attempts: Iterable[Attempt]) -> tuple[ValidatorUse, ...]:
    """Return what was seen of each validator of a step, in their order; those never asked are left out."""
    names = list_validators(node)
    if not names:
        return ()
    asked, rejected, total_ms = [0] * len(names), [0] * len(names), [0.0] * len(names)
    for attempt in attempts:
        times_ms = attempt.validators_ms[: len(names)]
        for place, each_ms in enumerate(times_ms):
            asked[place] += 1
            total_ms[place] += each_ms
        if times_ms and attempt.error_class is ErrorClass.REJECTED:
            rejected[len(times_ms) - 1] += 1
    return tuple(
        ValidatorUse(name, place, asked[place], rejected[place], total_ms[place] / asked[place])
        for place, name in enumerate(names)
        if asked[place]
    )


def list_validators(node: StepNode) -> list[str]:
    """Return the references of a step's validators, in their order."""
    validators = node.raw.get("validators")
    return [_reference(one) for one in validators] if isinstance(validators, list) else []


def _reference(validator: JsonValue) -> str:
    named = validator.get("id") if isinstance(validator, Mapping) else validator
    return named if isinstance(named, str) else ""
