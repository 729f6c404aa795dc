"""Runs as telemetry tells them: a `Run` of `StepRun`s of `Attempt`s, rebuilt from spans."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from telemetry.attributes import ErrorClass, Outcome


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a step: a model call or a skill call.

    `validators_ms` is how long each of the step's validators looked, in their order, as far as they were asked; where
    the error class is `rejected` the last one of them said no.
    """

    number: int
    outcome: Outcome
    error_class: ErrorClass
    latency_ms: float
    cost_usd: Decimal = Decimal(0)
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    validators_ms: tuple[float, ...] = ()


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

    `source` is the instance that told of it, as it says itself; `sender` is who vouched for it, as an ingest token
    does. Both are "" where that isn't known.
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
    sender: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.outcome is Outcome.OK
