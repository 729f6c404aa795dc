"""What counts of a run, and of a run beside what it becomes with a patch."""

from dataclasses import dataclass

from telemetry import Run


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What counts of a run."""

    cost_usd: float
    succeeded: bool
    latency_s: float


@dataclass(frozen=True, slots=True)
class Pair:
    """One recorded run and what it becomes with the patch."""

    base: RunOutcome
    head: RunOutcome


def outcome_of(run: Run) -> RunOutcome:
    """Return what counts of a run seen in telemetry."""
    return RunOutcome(float(run.cost_usd), run.succeeded, run.latency_ms / 1000)
