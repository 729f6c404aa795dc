"""What detectors and proposers look at: the runs of exactly one version, and each step's share of them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from meta_agent.statistics import more_trials
from telemetry import Attempt, Run, StepRun
from workflow import StepNode, Workflow

MIN_RUNS: Final = 30
"""Below this many runs nothing is enough."""


@dataclass(frozen=True, slots=True)
class StepSample:
    """The executions of one step that tried something, and the limits it ran under.

    `timeout_s` is per attempt, `None` for no limit; `max_retries` come after the first attempt; `max_tokens` is `None`
    where the model decides. Each is the step's own setting, else its agent's.
    """

    node: StepNode
    executions: tuple[StepRun, ...]
    timeout_s: float | None = None
    max_retries: int = 0
    max_tokens: int | None = None

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, in the order of the runs."""
        return [attempt for execution in self.executions for attempt in execution.attempts]


@dataclass(frozen=True, slots=True)
class Window:
    """The runs of one version of a workflow, by step; `samples` are in document order."""

    workflow: Workflow
    runs: tuple[Run, ...]
    samples: tuple[StepSample, ...]

    @property
    def enough(self) -> bool:
        """Whether there are enough runs to say anything."""
        return len(self.runs) >= MIN_RUNS

    @property
    def missing_runs(self) -> int:
        """How many more runs it takes to reach the floor."""
        return max(0, MIN_RUNS - len(self.runs))

    def more_runs(self, hits: int, trials: int, tolerated: float) -> int:
        """Guess how many more runs would prove a rate of `hits` in `trials` higher than `tolerated`."""
        trials_a_run = trials / len(self.runs)
        return max(
            self.missing_runs, math.ceil(more_trials(hits, trials, tolerated) / trials_a_run)
        )

    def sample(self, step_id: str) -> StepSample | None:
        """Return the sample of a step, `None` if it never tried anything."""
        return next((sample for sample in self.samples if sample.node.step_id == step_id), None)


def open_window(runs: Iterable[Run], workflow: Workflow) -> Window:
    """Keep the runs whose `spec_sha256` is the workflow's and split them by step."""
    kept = tuple(run for run in runs if run.spec_sha256 == workflow.spec_sha256)
    executions: dict[str, list[StepRun]] = {}
    for run in kept:
        for step in run.steps:
            if step.attempts:
                executions.setdefault(step.step_id, []).append(step)
    samples = (
        _sample(node, executions[node.step_id], workflow)
        for node in workflow.nodes
        if node.step_id in executions
    )
    return Window(workflow, kept, tuple(samples))


def agent_of(node: StepNode, workflow: Workflow) -> tuple[str, Mapping[str, JsonValue]]:
    """Return name and definition of the agent a step uses, ("", {}) if it uses none."""
    name = node.uses.removeprefix("agents.") if node.uses.startswith("agents.") else ""
    return name, _mapping(_mapping(workflow.document.get("agents")).get(name)) if name else {}


def _sample(node: StepNode, executions: list[StepRun], workflow: Workflow) -> StepSample:
    config = _mapping(node.raw.get("config"))
    _, agent = agent_of(node, workflow)
    timeout_s = _number(config.get("timeout_s"), agent.get("timeout"))
    max_retries = _number(config.get("max_retries"), agent.get("max_retries"))
    max_tokens = _number(
        config.get("max_tokens"), _mapping(agent.get("model_settings")).get("max_tokens")
    )
    return StepSample(
        node=node,
        executions=tuple(executions),
        timeout_s=timeout_s,
        max_retries=int(max_retries or 0),
        max_tokens=None if max_tokens is None else int(max_tokens),
    )


def _number(*settings: JsonValue) -> float | None:
    """Return the first setting that is a number: settings win over defaults by standing before them."""
    for value in settings:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
