"""What happens in a run, as one stream of light events; spans, recordings and progress bars are listeners.

Times are seconds since the run began. `span` numbers an execution within its run, `parent` the one it lies in (0: the
run itself).
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.calls import AgentReply
from workflow.engine.result import RunResult
from workflow.nodes import StepNode


class RunStarted(NamedTuple):
    """A run begins with this input, at this seed."""

    run_id: str
    spec_sha256: str
    spec_path: str
    started_at: datetime
    seed: int
    input: JsonValue
    input_hash: str


class StepStarted(NamedTuple):
    """A step begins."""

    node: StepNode
    span: int
    parent: int
    branch: str
    iteration: int
    at_s: float


class AttemptFinished(NamedTuple):
    """One try of a step ended; `reply` is there unless it failed, what a failed one cost is in it all the same."""

    node: StepNode
    span: int
    parent: int
    branch: str
    iteration: int
    visit: int
    number: int
    started_s: float
    ended_s: float
    outcome: Outcome
    error_class: ErrorClass
    error: str
    reply: AgentReply
    input_hash: str


class StepFinished(NamedTuple):
    """A step ended; `visit` counts the executions of this step in this run from 0."""

    node: StepNode
    span: int
    parent: int
    branch: str
    iteration: int
    visit: int
    started_s: float
    ended_s: float
    outcome: Outcome
    error_class: ErrorClass
    error: str
    output: JsonValue
    attempts: int
    input_hash: str


class RunFinished(NamedTuple):
    """A run ended."""

    result: RunResult


Event = RunStarted | StepStarted | AttemptFinished | StepFinished | RunFinished
Listener = Callable[[Event], None]
