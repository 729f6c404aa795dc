"""Statistics of one step in one hour: what ingest adds up and the store keeps. Merging is exact, in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from typing import Final

from telemetry.attributes import ErrorClass
from telemetry.rollups import StepStats
from telemetry.volume.columns import StepKey
from telemetry.volume.sketch import EMPTY, merge_sketches, to_histogram
from telemetry.volume.slots import PICO

HOUR_S: Final = 3600

MAX_MODELS: Final = 64
"""Models that are told apart in an hour of a step."""

OTHER_MODELS: Final = "(other models)"

_NUMBERS: Final = (
    *("spans", "runs", "executions", "failures", "attempts"),
    *("input_tokens", "output_tokens", "cost_pico"),
)
"""The fields that are simply added up."""

_read_numbers: Final = attrgetter(*_NUMBERS)


@dataclass(frozen=True, slots=True)
class HourlyStats:
    """What a step did in the hour that began `hour` hours after 1970 (UTC), by the start of its spans.

    The fields are those of `StepStats`; `spans` counts all spans of the step, costs are millionths of a millionth of a
    US dollar, latencies are sketches (`telemetry.sketch`). `priced` counts attempts whose cost we worked out ourselves,
    by the table of prices.
    """

    step: StepKey
    hour: int
    yaml_path: str = ""
    spans: int = 0
    runs: int = 0
    executions: int = 0
    failures: int = 0
    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_pico: int = 0
    latency: bytes = EMPTY
    attempt_latency: bytes = EMPTY
    failures_by_class: Mapping[str, int] = field(default_factory=dict)
    first_failures_by_class: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)
    priced: Mapping[str, int] = field(default_factory=dict)

    def merge(self, other: "HourlyStats") -> "HourlyStats":
        """Return what both tell together, under the key of the first."""
        return merge_hourly((self, other))


def merge_hourly(parts: Iterable[HourlyStats]) -> HourlyStats:
    """Return what several parts tell together, under the step and hour of the first one."""
    all_parts = tuple(parts)
    first = all_parts[0]
    sums: Iterable[int] = map(sum, zip(*map(_read_numbers, all_parts), strict=True))
    return HourlyStats(
        first.step,
        first.hour,
        next((part.yaml_path for part in all_parts if part.yaml_path), ""),
        latency=merge_sketches(part.latency for part in all_parts),
        attempt_latency=merge_sketches(part.attempt_latency for part in all_parts),
        failures_by_class=_add(part.failures_by_class for part in all_parts),
        first_failures_by_class=_add(part.first_failures_by_class for part in all_parts),
        models=keep_most(_add(part.models for part in all_parts)),
        priced=_add(part.priced for part in all_parts),
        **dict(zip(_NUMBERS, sums, strict=True)),
    )


def keep_most(counts: Mapping[str, int]) -> Mapping[str, int]:
    """Return counts of at most `MAX_MODELS` names, the rarest together as `OTHER_MODELS`: names come from outside."""
    if len(counts) <= MAX_MODELS:
        return counts
    named = {name: count for name, count in counts.items() if name != OTHER_MODELS}
    ordered = sorted(named, key=lambda name: (-named[name], name))
    kept = {name: named[name] for name in sorted(ordered[: MAX_MODELS - 1])}
    return {**kept, OTHER_MODELS: sum(counts.values()) - sum(kept.values())}


def to_step_stats(hourly: HourlyStats) -> StepStats:
    """Return the statistics as the rest of the product reads them.

    Where nobody told of executions, as by emitters that only know calls, each attempt stands for one.
    """
    by_class = _by_class(hourly.failures_by_class)
    told = hourly.executions > 0
    return StepStats(
        step_id=hourly.step.step_id,
        yaml_path=hourly.yaml_path,
        spec_sha256=hourly.step.spec_sha256,
        runs=hourly.runs,
        executions=hourly.executions if told else hourly.attempts,
        failures=hourly.failures if told else sum(by_class.values()),
        attempts=hourly.attempts,
        input_tokens=hourly.input_tokens,
        output_tokens=hourly.output_tokens,
        total_cost_usd=Decimal(hourly.cost_pico) / PICO,
        latency=to_histogram(hourly.latency if told else hourly.attempt_latency),
        attempt_latency=to_histogram(hourly.attempt_latency),
        attempt_failures_by_class=by_class,
        first_attempt_failures_by_class=_by_class(hourly.first_failures_by_class),
        models=dict(hourly.models),
    )


def _add(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in filter(None, counts):
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items()))


def _by_class(counts: Mapping[str, int]) -> dict[ErrorClass, int]:
    return {ErrorClass(name): count for name, count in counts.items()}
