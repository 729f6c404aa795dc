"""What a run knows while it goes on: its chance, its clock, its tally; and the call it makes for each attempt."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.calls import AgentReply
from workflow.engine.events import Event, Listener
from workflow.engine.program import Program, StepPlan
from workflow.engine.result import StepResult


class Call(NamedTuple):
    """One attempt about to be made; `visit` counts the executions of this step in this run from 0."""

    plan: StepPlan
    data: JsonValue
    context: Mapping[str, JsonValue]
    attempt: int
    iteration: int
    visit: int
    seed: str

    @property
    def random(self) -> Random:
        """Chance for this attempt alone: the same seed gives the same luck, whatever ran before."""
        key = (self.seed, self.plan.node.step_id, self.iteration, self.visit, self.attempt)
        return Random("/".join(map(str, key)))  # noqa: S311 -- simulation, not secrets


Perform = Callable[[Call], Awaitable[AgentReply]]
"""Makes one attempt; raises `AttemptError`, or whatever the skill raised."""

HashInput = Callable[[JsonValue], str]


class StepFailedError(Exception):
    """Unwinds a run from the step that failed for good."""

    def __init__(self, step_id: str, error_class: ErrorClass, message: str) -> None:
        self.step_id = step_id
        self.error_class = error_class
        self.message = message
        super().__init__(message)


@dataclass(slots=True)
class RunState:
    """What a run knows while it goes on; one per run, never shared."""

    program: Program
    perform: Perform
    listeners: Sequence[Listener]
    hash_input: HashInput
    seed: str
    clock: Callable[[], float]
    origin_s: float
    spans: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    finished: list[StepResult] = field(default_factory=list)
    cost_usd: Decimal = Decimal(0)
    input_tokens: int = 0
    output_tokens: int = 0
    simulated: bool = False

    def now_s(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.origin_s

    def emit(self, event: Event) -> None:
        """Tell every listener."""
        for listener in self.listeners:
            listener(event)

    def next_span(self) -> int:
        """Number the next execution."""
        self.spans += 1
        return self.spans

    def next_visit(self, step_id: str) -> int:
        """Count executions of a step."""
        visit = self.visits.get(step_id, 0)
        self.visits[step_id] = visit + 1
        return visit

    def charge(self, reply: AgentReply) -> None:
        """Add what an attempt cost."""
        self.cost_usd += reply.cost_usd
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self.simulated |= reply.simulated


def hash_with(key: bytes) -> HashInput:
    """Return a keyed hash of JSON values: equal inputs can be told, inputs can't be guessed without the key."""

    keyed = hashlib.blake2b(key=key[:64], digest_size=16)

    def hash_input(data: JsonValue) -> str:
        digest = keyed.copy()
        digest.update(orjson.dumps(data, option=orjson.OPT_SORT_KEYS))
        return digest.hexdigest()

    return hash_input
