"""Runs as telemetry tells them: a `Run` of `StepRun`s of `Attempt`s, rebuilt from spans."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from telemetry.attributes import ErrorClass, Outcome


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a step: a model call or a skill call."""

    number: int
    outcome: Outcome
    error_class: ErrorClass
    latency_ms: float
    cost_usd: Decimal = Decimal(0)
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class StepRun:
    """One execution of a step inside a run; `iteration` counts from 1 inside a loop or map and is 0 elsewhere."""

    step_id: str
    yaml_path: str
    kind: str
    outcome: Outcome
    error_class: ErrorClass
    latency_ms: float
    cost_usd: Decimal
    attempts: tuple[Attempt, ...]
    branch: str = ""
    iteration: int = 0
    score: float | None = None
    input_hash: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a workflow; `steps` in start order; `cost_usd` sums attempts, so nothing is counted twice.

    `source` is the instance that told of it, "" where it doesn't say.
    """

    run_id: str
    spec_sha256: str
    spec_path: str
    started_at: datetime
    outcome: Outcome
    error_class: ErrorClass
    latency_ms: float
    cost_usd: Decimal
    steps: tuple[StepRun, ...]
    score: float | None = None
    simulated: bool = False
    source: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.outcome is Outcome.OK
