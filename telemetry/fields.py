"""Span attributes read as the contract types them; a missing one is empty, one of another type is refused."""

import math

from telemetry.attributes import ERROR_CLASS, OUTCOME, SCORE, ErrorClass, Outcome
from telemetry.errors import TelemetryError
from telemetry.spans import Attributes

_OUTCOMES: dict[object, Outcome] = {outcome.value: outcome for outcome in Outcome}
_ERROR_CLASSES: dict[object, ErrorClass] = {item.value: item for item in ErrorClass}


class BadFieldError(TelemetryError):
    """Raised for an attribute whose value the contract doesn't allow; stays inside this package."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"attribute {key!r} is outside the contract")


def read_string(values: Attributes, key: str) -> str:
    """Return the text at `key`, "" where there is none."""
    value = values.get(key)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    raise BadFieldError(key)


def read_count(values: Attributes, key: str) -> int:
    """Return the whole number ≥ 0 at `key`, 0 where there is none."""
    value = values.get(key)
    if type(value) is int and value >= 0:
        return value
    if value is None:
        return 0
    raise BadFieldError(key)


def read_outcome(values: Attributes) -> Outcome:
    """Return the outcome, which every span of ours carries."""
    outcome = _OUTCOMES.get(values.get(OUTCOME))
    if outcome is None:
        raise BadFieldError(OUTCOME)
    return outcome


def read_error_class(values: Attributes) -> ErrorClass:
    """Return the error class, `NONE` where there is none."""
    error_class = _ERROR_CLASSES.get(values.get(ERROR_CLASS) or "")
    if error_class is None:
        raise BadFieldError(ERROR_CLASS)
    return error_class


def read_times_ms(values: Attributes, key: str) -> tuple[float, ...]:
    """Return the milliseconds at `key`, written one after the other; () where there are none."""
    text = read_string(values, key)
    if not text:
        return ()
    try:
        times_ms = tuple(map(float, text.split()))
    except ValueError as error:
        raise BadFieldError(key) from error
    if not all(math.isfinite(each_ms) and each_ms >= 0 for each_ms in times_ms):
        raise BadFieldError(key)
    return times_ms


def read_score(values: Attributes) -> float | None:
    """Return the score, a finite number, or `None`."""
    value = values.get(SCORE)
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise BadFieldError(SCORE)
