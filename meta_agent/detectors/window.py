"""What detectors and proposers look at: the runs of exactly one version, and each step's share of them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from meta_agent.history import NO_HISTORY, History
from meta_agent.statistics import more_trials
from meta_agent.validator_use import ValidatorUse, measure_validators
from telemetry import Attempt, Run, StepRun
from workflow import DataFlow, Recording, StepNode, Workflow, read_data_flow

MIN_RUNS: Final = 30
"""Below this many runs nothing is enough."""


@dataclass(frozen=True)
class StepSample:
    """The executions of one step that tried something, and the limits it ran under.

    Whatever several detectors count is counted once, when it is first asked for.

    `timeout_s` is per attempt, `None` for no limit; `max_retries` come after the first attempt, after a wait of
    `backoff_s` that doubles; `max_tokens` is `None` where the model decides. Each is the step's own, else its agent's.
    """

    node: StepNode
    executions: tuple[StepRun, ...]
    timeout_s: float | None = None
    max_retries: int = 0
    max_tokens: int | None = None
    backoff_s: float = 0.0

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts, in the order of the runs."""
        return tuple(attempt for execution in self.executions for attempt in execution.attempts)

    @cached_property
    def validators(self) -> tuple[ValidatorUse, ...]:
        """What each of its validators did."""
        return measure_validators(self.node, self.attempts)

    @cached_property
    def failures(self) -> tuple[Attempt, ...]:
        """The attempts that failed."""
        return tuple(attempt for attempt in self.attempts if attempt.error_class)

    @cached_property
    def retried(self) -> tuple[StepRun, ...]:
        """The executions that took more than one attempt."""
        return tuple(execution for execution in self.executions if len(execution.attempts) > 1)

    @cached_property
    def output_tokens(self) -> tuple[int, ...]:
        """The lengths of the answers that have one, ascending."""
        return tuple(sorted(one.output_tokens for one in self.attempts if one.output_tokens))

    @cached_property
    def cost_usd(self) -> Decimal:
        """What all executions cost."""
        return sum((execution.cost_usd for execution in self.executions), Decimal(0))


@dataclass(frozen=True)
class Window:
    """The runs of one version of a workflow, by step; `samples` are in document order.

    `history` is what is known of other versions, `recordings` are those of this one.
    """

    workflow: Workflow
    runs: tuple[Run, ...]
    samples: tuple[StepSample, ...]
    history: History = NO_HISTORY
    recordings: tuple[Recording, ...] = ()

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
        return self._by_step.get(step_id)

    @cached_property
    def lost_executions(self) -> frozenset[int]:
        """The `id` of every execution whose run failed in the end."""
        return frozenset(id(step) for run in self.runs if not run.succeeded for step in run.steps)

    @cached_property
    def flow(self) -> DataFlow:
        """What each step reads and leaves behind."""
        return read_data_flow(self.workflow)

    @cached_property
    def _by_step(self) -> Mapping[str, StepSample]:
        return {sample.node.step_id: sample for sample in self.samples}


def open_window(
    runs: Iterable[Run],
    workflow: Workflow,
    *,
    history: History = NO_HISTORY,
    recordings: Iterable[Recording] = (),
) -> Window:
    """Keep the runs and recordings whose `spec_sha256` is the workflow's, and split the runs by step."""
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
    recorded = tuple(one for one in recordings if one.spec_sha256 == workflow.spec_sha256)
    return Window(workflow, kept, tuple(samples), history, recorded)


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
        backoff_s=_number(config.get("backoff_s")) or 0.0,
    )


def _number(*settings: JsonValue) -> float | None:
    """Return the first setting that is a number: settings win over defaults by standing before them."""
    for value in settings:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
