"""What happens in a run, as one stream of light events; spans, recordings and progress bars are listeners.

Times are seconds since the run began.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

from telemetry import ErrorClass, Outcome
from workflow.calls import AgentReply
from workflow.engine.governor import NO_LIMITS, RunLimits
from workflow.engine.result import RunResult
from workflow.nodes import StepNode

new = tuple.__new__
"""Makes a named tuple of all its fields, in order, unchecked: for those that every step makes.

Their own constructor is a Python function, and takes twice the time.
"""


class RunStarted(NamedTuple):
    """A run begins with this input, at this seed; it is held to `limits` and `overrides` besides what its spec says."""

    run_id: str
    spec_sha256: str
    spec_path: str
    started_at: datetime
    seed: int
    input: JsonValue
    input_hash: str
    limits: RunLimits = NO_LIMITS
    overrides: Mapping[str, str] = MappingProxyType({})


class Visit(NamedTuple):
    """One execution of a step: `number` counts those of this step in this run, from 0.

    `span` numbers it among all executions of the run, `parent` is that of the one it lies in (0: the run itself).
    """

    node: StepNode
    span: int
    parent: int
    branch: str
    iteration: int
    number: int
    input_hash: str


class StepStarted(NamedTuple):
    """A step begins; `context` is what it sees and may change: whoever keeps it, keeps a copy."""

    visit: Visit
    at_s: float
    context: Mapping[str, JsonValue]
    input: JsonValue


class ChunkSent(NamedTuple):
    """A part of an attempt's answer, told as it comes; only in runs that stream."""

    visit: Visit
    attempt: int
    chunk: JsonValue
    at_s: float


class AttemptFinished(NamedTuple):
    """One try of a step ended; `reply` holds what it cost even when it failed.

    `cut_off` says that the engine ended it, by its timeout or by cancelling: it would have gone on for longer.
    """

    visit: Visit
    span: int
    number: int
    started_s: float
    ended_s: float
    outcome: Outcome
    error_class: ErrorClass
    error: str
    cut_off: bool
    reply: AgentReply


class StepFinished(NamedTuple):
    """A step ended, after so many attempts."""

    visit: Visit
    started_s: float
    ended_s: float
    outcome: Outcome
    error_class: ErrorClass
    error: str
    output: JsonValue
    attempts: int


class RunFinished(NamedTuple):
    """A run ended."""

    result: RunResult


class RunPaused(NamedTuple):
    """A run has stopped to ask; `result` holds its `questions` and what there is so far. Not followed by an end."""

    result: RunResult


Event = (
    RunStarted | StepStarted | ChunkSent | AttemptFinished | StepFinished | RunFinished | RunPaused
)
Listener = Callable[[Event], None]
