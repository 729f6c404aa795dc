"""`flujo.math.*`: figures from numbers."""

import math
from typing import Annotated

from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from workflow.skills.bounds import check_count, refuse
from workflow.skills.signature import describe

_TAIL = 0.95


class Stats(TypedDict):
    """Figures of a list of numbers; null is what the list is too short for."""

    count: int
    sum: float
    mean: float | None
    min: float | None
    max: float | None
    median: float | None
    p95: float | None
    stdev: float | None


def stats(data: list[JsonValue]) -> Stats:
    """Describe a list of numbers: count, sum, mean, min, max, median, p95, stdev (of a sample).

    Percentiles lie between neighbours in proportion. What an empty list hasn't got is null; so is the deviation of one.
    """
    check_count(len(data), "numbers")
    numbers = sorted(_to_number(index, item) for index, item in enumerate(data))
    if not numbers:
        return _NO_FIGURES.copy()
    try:
        total = math.fsum(numbers)
    except OverflowError as error:
        raise refuse("the numbers are too large to add") from error
    mean = total / len(numbers)
    return {
        "count": len(numbers),
        "sum": total,
        "mean": mean,
        "min": numbers[0],
        "max": numbers[-1],
        "median": _percentile(numbers, 0.5),
        "p95": _percentile(numbers, _TAIL),
        "stdev": _deviation(numbers, mean),
    }


_NO_FIGURES: Stats = {
    "count": 0,
    "sum": 0.0,
    "mean": None,
    "min": None,
    "max": None,
    "median": None,
    "p95": None,
    "stdev": None,
}


def score(
    data: dict[str, JsonValue],
    *,
    weights: dict[str, Annotated[float, Field(ge=0, le=1_000_000)]] | None = None,
) -> float:
    """Return the mean of named numbers from 0 to 1, weighted by name; without `weights` all count the same.

    A name that isn't in `weights` doesn't count; one that is must be in the input.
    """
    weighing = dict.fromkeys(data, 1.0) if weights is None else weights
    total = math.fsum(weighing.values())
    if total == 0:
        raise refuse("there is nothing to weigh: the weights add up to nothing")
    weighted = math.fsum(weighing[name] * _to_share(data, name) for name in weighing)
    return min(weighted / total, 1.0)


def _to_number(place: object, item: JsonValue) -> float:
    if isinstance(item, bool) or not isinstance(item, int | float):
        raise refuse(f"{place!r} must be a number, not {describe(item)}")
    try:
        number = float(item)
    except OverflowError as error:
        raise refuse(f"{place!r} is too large a number") from error
    if not math.isfinite(number):
        raise refuse(f"{place!r} isn't a finite number")
    return number


def _to_share(data: dict[str, JsonValue], name: str) -> float:
    if name not in data:
        raise refuse(f"there is no number {name!r}")
    number = _to_number(name, data[name])
    if not 0 <= number <= 1:
        raise refuse(f"{name!r} must be from 0 to 1, not {number:g}")
    return number


def _percentile(numbers: list[float], share: float) -> float:
    place = share * (len(numbers) - 1)
    below = math.floor(place)
    above = min(below + 1, len(numbers) - 1)
    part = place - below
    return numbers[below] * (1 - part) + numbers[above] * part


def _deviation(numbers: list[float], mean: float) -> float | None:
    if len(numbers) == 1:
        return None
    # Scaled by the largest distance: squares of large numbers would leave the range of floats.
    scale = max(mean - numbers[0], numbers[-1] - mean) or 1.0
    if not math.isfinite(scale):
        raise refuse("the numbers are too far apart")
    squares = math.fsum(((number - mean) / scale) ** 2 for number in numbers)
    return scale * math.sqrt(squares / (len(numbers) - 1))
