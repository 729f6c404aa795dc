"""What a run came to, and the plain facts of it that policies and tests may speak about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from pydantic import JsonValue

from policy_dsl import Violation
from telemetry import ErrorClass, Outcome
from workflow.engine.question import Question


class StepResult(NamedTuple):
    """One execution of a step as the result shows it."""

    step_id: str
    name: str
    outcome: Outcome
    error_class: ErrorClass
    output: JsonValue
    latency_ms: float
    cost_usd: Decimal
    tokens: int
    attempts: int
    branch: str
    iteration: int

    def facts(self) -> dict[str, JsonValue]:
        """Return it as plain data."""
        return {
            "step_id": self.step_id,
            "name": self.name,
            "success": self.outcome is Outcome.OK,
            "error": self.error_class.value or None,
            "output": self.output,
            "latency_ms": self.latency_ms,
            "cost_usd": float(self.cost_usd),
            "tokens": self.tokens,
            "attempts": self.attempts,
            "retries": max(0, self.attempts - 1),
            "branch": self.branch,
            "iteration": self.iteration,
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcome of one run; `latency_s` is on the engine's clock, `steps` in the order they ended."""

    run_id: str
    spec_sha256: str
    started_at: datetime
    outcome: Outcome
    error_class: ErrorClass
    error: str
    output: JsonValue
    score: float | None
    cost_usd: Decimal
    input_tokens: int
    output_tokens: int
    latency_s: float
    simulated: bool
    steps: tuple[StepResult, ...] = ()
    context: Mapping[str, JsonValue] = field(default_factory=dict)
    violations: tuple[Violation, ...] = ()
    overridden: Mapping[str, str] = field(default_factory=dict)
    """Why violations of soft-mandatory policies, by their id, didn't fail the run."""
    governor_breached: bool = False
    """Whether the run was ended because it had used up more than it may."""
    problems: tuple[str, ...] = ()
    """What went wrong beside the run and didn't change its outcome: resources that couldn't be torn down."""

    questions: tuple[Question, ...] = ()
    """What people are asked; a run that asks has paused: it is neither over nor at work."""

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.outcome is Outcome.OK

    def facts(self) -> dict[str, JsonValue]:
        """Return the result as plain data, under the names of `workflow.names.RESULT_NAMES`."""
        steps: list[JsonValue] = [step.facts() for step in self.steps]
        return {
            "output": self.output,
            "score": self.score,
            "success": self.succeeded,
            "error": self.error_class.value or None,
            "total_cost_usd": float(self.cost_usd),
            "total_tokens": self.input_tokens + self.output_tokens,
            "latency_ms": self.latency_s * 1000,
            "retries": sum(max(0, step.attempts - 1) for step in self.steps),
            "path": [step.step_id for step in self.steps],
            "steps": steps,
            "step": {step.step_id: step.facts() for step in self.steps},
        }
