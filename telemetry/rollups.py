"""Runs → statistics per step and spec version. Statistics of two windows merge into exactly those of both together."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from telemetry.attributes import ErrorClass, Outcome
from telemetry.histogram import LatencyHistogram
from telemetry.runs import Run, StepRun

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class StepStats:
    """What one step did over a window.

    `runs` are those that reached the step, `executions` the times it ran (several a run in a loop), `attempts` the
    tries it took; `failures` are executions that didn't end well. `latency` is per execution, `attempt_latency` per
    try. `models` counts attempts by model; the `…_by_class` mappings count failed attempts, all of them or first ones.
    """

    step_id: str
    yaml_path: str
    spec_sha256: str
    runs: int = 0
    executions: int = 0
    failures: int = 0
    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    total_cost_usd: Decimal = Decimal(0)
    latency: LatencyHistogram = field(default_factory=LatencyHistogram)
    attempt_latency: LatencyHistogram = field(default_factory=LatencyHistogram)
    attempt_failures_by_class: Mapping[ErrorClass, int] = field(default_factory=dict)
    first_attempt_failures_by_class: Mapping[ErrorClass, int] = field(default_factory=dict)
    models: Mapping[str, int] = field(default_factory=dict)

    @property
    def cost_per_run_usd(self) -> Decimal:
        """Mean cost of the step in a run that reached it."""
        return self.total_cost_usd / self.runs if self.runs else Decimal(0)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the step of a version: `(spec_sha256, step_id)`."""
        return self.spec_sha256, self.step_id

    def merge(self, other: "StepStats") -> "StepStats":
        """Return the statistics of both windows together; both must be of the same step of the same version."""
        if self.key != other.key:
            raise ValueError(f"can't merge {self.key!r} with {other.key!r}")
        return StepStats(
            step_id=self.step_id,
            yaml_path=self.yaml_path,
            spec_sha256=self.spec_sha256,
            runs=self.runs + other.runs,
            executions=self.executions + other.executions,
            failures=self.failures + other.failures,
            attempts=self.attempts + other.attempts,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            total_cost_usd=self.total_cost_usd + other.total_cost_usd,
            latency=self.latency.merge(other.latency),
            attempt_latency=self.attempt_latency.merge(other.attempt_latency),
            attempt_failures_by_class=_add(
                self.attempt_failures_by_class, other.attempt_failures_by_class
            ),
            first_attempt_failures_by_class=_add(
                self.first_attempt_failures_by_class, other.first_attempt_failures_by_class
            ),
            models=_add(self.models, other.models),
        )


def collect_step_stats(runs: Iterable[Run]) -> tuple[StepStats, ...]:
    """Return one `StepStats` per step and version, ordered by `key`."""
    executions: dict[tuple[str, str], list[StepRun]] = {}
    reached: Counter[tuple[str, str]] = Counter()
    for run in runs:
        for step in run.steps:
            executions.setdefault((run.spec_sha256, step.step_id), []).append(step)
        reached.update({(run.spec_sha256, step.step_id) for step in run.steps})
    return tuple(_summarise(key, executions[key], reached[key]) for key in sorted(executions))


def merge_step_stats(*windows: Iterable[StepStats]) -> tuple[StepStats, ...]:
    """Return the statistics of several windows together, ordered by `key`."""
    merged: dict[tuple[str, str], StepStats] = {}
    for window in windows:
        for stats in window:
            known = merged.get(stats.key)
            merged[stats.key] = known.merge(stats) if known else stats
    return tuple(merged[key] for key in sorted(merged))


def _summarise(key: tuple[str, str], executions: list[StepRun], runs: int) -> StepStats:
    attempts = [attempt for step in executions for attempt in step.attempts]
    first = [step.attempts[0] for step in executions if step.attempts]
    return StepStats(
        step_id=key[1],
        yaml_path=executions[0].yaml_path,
        spec_sha256=key[0],
        runs=runs,
        executions=len(executions),
        failures=sum(step.outcome is not Outcome.OK for step in executions),
        attempts=len(attempts),
        input_tokens=sum(attempt.input_tokens for attempt in attempts),
        output_tokens=sum(attempt.output_tokens for attempt in attempts),
        total_cost_usd=sum((step.cost_usd for step in executions), Decimal(0)),
        latency=LatencyHistogram.of(step.latency_ms for step in executions),
        attempt_latency=LatencyHistogram.of(attempt.latency_ms for attempt in attempts),
        attempt_failures_by_class=_count(a.error_class for a in attempts if _failed(a.outcome)),
        first_attempt_failures_by_class=_count(
            attempt.error_class for attempt in first if _failed(attempt.outcome)
        ),
        models=dict(Counter(attempt.model for attempt in attempts if attempt.model)),
    )


def _failed(outcome: Outcome) -> bool:
    return outcome is not Outcome.OK


def _count(classes: Iterable[ErrorClass]) -> dict[ErrorClass, int]:
    return dict(Counter(classes))


def _add(first: Mapping[_Key, int], second: Mapping[_Key, int]) -> dict[_Key, int]:
    return {key: first.get(key, 0) + second.get(key, 0) for key in (*first, *second)}
