"""What to draw from when telemetry is re-enacted: attempts by step, by step and model, and successful runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from telemetry import Attempt, Outcome, Run
from workflow import StepPlan

_MIN_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Pool:
    """Attempts by step, the runs in which a step succeeded, and attempts by step and the model it is to ask.

    `places` says, run by run, at which positions the steps stand that change.
    """

    places: Sequence[Sequence[int]]

    attempts: Mapping[str, Sequence[Attempt]]
    completed: Mapping[str, Sequence[Run]]
    models: Mapping[tuple[str, str], Sequence[Attempt]]

    @classmethod
    def of(cls, runs: Sequence[Run], plans: Mapping[str, StepPlan]) -> "Pool":
        """Collect what these runs know of the steps that a patch changes."""
        attempts: dict[str, list[Attempt]] = {step_id: [] for step_id in plans}
        completed: dict[str, list[Run]] = {step_id: [] for step_id in plans}
        places = [
            [position for position, step in enumerate(run.steps) if step.step_id in plans]
            for run in runs
        ]
        for run, positions in zip(runs, places, strict=True):
            for step in map(run.steps.__getitem__, positions):
                attempts[step.step_id] += step.attempts
                if step.outcome is Outcome.OK and run.succeeded:
                    completed[step.step_id].append(run)
        models = {
            (step_id, plan.agent.model): [
                one for one in attempts[step_id] if one.model == plan.agent.model
            ]
            for step_id, plan in plans.items()
            if plan.agent
        }
        return cls(places, attempts, completed, models)

    def under_model(self, attempt: Attempt, plan: StepPlan, random: Random) -> Attempt:
        """Return an attempt as the plan's model might make it: the same question, its own time and failures."""
        model = plan.agent.model if plan.agent else ""
        seen = self.models.get((plan.node.step_id, model), ())
        if not model or model == attempt.model or len(seen) < _MIN_SAMPLE:
            return attempt
        drawn = random.choice(seen)
        return replace(
            attempt,
            outcome=drawn.outcome,
            error_class=drawn.error_class,
            latency_ms=drawn.latency_ms,
        )
