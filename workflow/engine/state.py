"""What a run knows while it goes on: its chance, its clock, its tally; and the call it makes for each attempt."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from types import MappingProxyType
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from workflow.calls import AgentReply, SendChunk
from workflow.engine.events import Event, Listener
from workflow.engine.governor import RunLimits
from workflow.engine.hooks import Hook, consult
from workflow.engine.program import Program, StepPlan
from workflow.engine.result import StepResult


class Call(NamedTuple):
    """One attempt about to be made; `visit` numbers this execution among those of the step in this run.

    `feedback` is why a validator rejected the attempt before. `resources` are the run's, open, by name; `send_chunk` is
    there in runs that stream.
    """

    plan: StepPlan
    data: JsonValue
    context: Mapping[str, JsonValue]
    attempt: int
    iteration: int
    visit: int
    seed: str
    feedback: str = ""
    resources: Mapping[str, object] = MappingProxyType({})
    send_chunk: SendChunk | None = None

    @property
    def random(self) -> Random:
        """Chance for this attempt alone: the same seed gives the same luck, whatever ran before."""
        key = (self.seed, self.plan.node.step_id, self.iteration, self.visit, self.attempt)
        return Random("/".join(map(str, key)))  # noqa: S311 -- simulation, not secrets


Perform = Callable[[Call], Awaitable[AgentReply]]
"""Makes one attempt; raises `AttemptError`, or whatever the skill raised."""

HashInput = Callable[[JsonValue], str]


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
    waits_seed: str = ""
    hooks: Sequence[Hook] = ()
    limits: RunLimits | None = None
    streams: bool = False
    resources: Mapping[str, object] = field(default_factory=dict)
    breach: str = ""
    """How the run is beyond its limits: once it is, nothing new begins."""
    spans: int = 0
    finished: list[StepResult] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
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

    async def announce(self, event: Event) -> None:
        """Tell every listener and wait for every hook; raises `RunAbortedError`."""
        self.emit(event)
        await consult(self.hooks, event)

    def charge(self, reply: AgentReply) -> None:
        """Add what an attempt cost, and notice when that is beyond the limits of the run."""
        self.cost_usd += reply.cost_usd
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        self.simulated |= reply.simulated
        if self.limits is not None and not self.breach:
            tokens = self.input_tokens + self.output_tokens
            self.breach = self.limits.explain_breach(self.cost_usd, tokens)


def hash_with(key: bytes) -> HashInput:
    """Return a keyed hash of JSON values: equal inputs can be told, inputs can't be guessed without the key."""

    keyed = hashlib.blake2b(key=key[:64], digest_size=16)

    def hash_input(data: JsonValue) -> str:
        digest = keyed.copy()
        digest.update(orjson.dumps(data, option=orjson.OPT_SORT_KEYS))
        return digest.hexdigest()

    return hash_input
