"""Agents that answer from a script, or by chance; they wait on the engine's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue

from telemetry import ErrorClass
from workflow import AgentCall, AgentReply, AttemptError


@dataclass(frozen=True)
class Answer:
    """What an agent does when it is asked: wait, then answer, or fail with this class."""

    output: JsonValue = "text"
    latency_s: float = 0.0
    cost_usd: str = "0"
    tokens: tuple[int, int] = (0, 0)
    error: ErrorClass = ErrorClass.NONE

    async def give(self, call: AgentCall) -> AgentReply:
        """Answer one call."""
        await call.sleep(self.latency_s)
        cost_usd = Decimal(self.cost_usd)
        if self.error:
            raise AttemptError(
                self.error,
                f"scripted {self.error}",
                model=call.model,
                input_tokens=self.tokens[0],
                output_tokens=self.tokens[1],
                cost_usd=cost_usd,
            )
        return AgentReply(self.output, call.model, *self.tokens, cost_usd)


class ScriptedAgents:
    """Answers each agent's calls in order, the last answer again and again; keeps the calls."""

    def __init__(self, script: Mapping[str, Sequence[Answer]]) -> None:
        self.script = script
        self.calls: list[AgentCall] = []

    async def __call__(self, call: AgentCall) -> AgentReply:
        answers = self.script[call.agent]
        asked = sum(earlier.agent == call.agent for earlier in self.calls)
        self.calls.append(call)
        return await answers[min(asked, len(answers) - 1)].give(call)


async def ask_nobody(call: AgentCall) -> AgentReply:
    """Fail the test: no agent was to be asked."""
    raise AssertionError(f"{call.agent} was asked")


async def ask_by_chance(call: AgentCall) -> AgentReply:
    """Answer slowly, cheaply and unreliably, by the attempt's own luck."""
    random = call.random
    fails = random.random() < 0.3
    return await Answer(
        output=f"{call.agent} says {random.randrange(1000)}",
        latency_s=random.expovariate(1.0),
        cost_usd=str(random.randrange(1000)) + "e-6",
        tokens=(random.randrange(500), random.randrange(100)),
        error=random.choice([ErrorClass.UNAVAILABLE, ErrorClass.CRASH])
        if fails
        else ErrorClass.NONE,
    ).give(call)
