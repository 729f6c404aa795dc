"""What the engine asks of the outside: a model's reply, a skill's result. Whoever answers is an argument."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Literal, NamedTuple, TypeVar

from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.nodes import SideEffects

_FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One request to a model; `sleep` is the engine's clock, so simulated latency costs no real time."""

    step_id: str
    agent: str
    model: str
    system_prompt: str
    prompt: JsonValue
    output_schema: Mapping[str, JsonValue] | None
    settings: Mapping[str, JsonValue]
    attempt: int
    random: Random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class AgentReply(NamedTuple):
    """A model's answer with what it cost; a named tuple, because every attempt makes one."""

    output: JsonValue
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = _FREE
    simulated: bool = False


class AttemptError(Exception):
    """Raised by an adapter when one attempt failed; what the attempt cost all the same is in its fields."""

    def __init__(
        self,
        error_class: ErrorClass,
        message: str,
        *,
        model: str = "",
        input_tokens: int = 0,
        output_tokens: int = 0,
        cost_usd: Decimal = Decimal(0),
        simulated: bool = False,
    ) -> None:
        self.error_class = error_class
        self.model = model
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.cost_usd = cost_usd
        self.simulated = simulated
        super().__init__(message)


AskAgent = Callable[[AgentCall], Awaitable[AgentReply]]


@dataclass(frozen=True, slots=True)
class Skill:
    """A registered implementation; called as `function(data, **params)`, sync or async."""

    reference: str
    function: Callable[..., object]
    side_effects: SideEffects = SideEffects.UNKNOWN
    description: str = ""


FindSkill = Callable[[str], Skill]
"""Finds a skill by reference; raises `SkillError`, whose message says what to do."""

_Function = TypeVar("_Function", bound=Callable[..., object])
SKILL_MARK = "__flujo_side_effects__"


def skill(
    *, side_effects: Literal["pure", "idempotent", "effect"]
) -> Callable[[_Function], _Function]:
    """Declare what calling a skill again may do; Flujo retries and replays only what it may."""
    declared = SideEffects(side_effects)

    def mark(function: _Function) -> _Function:
        setattr(function, SKILL_MARK, declared)
        return function

    return mark


def classify_exception(error: BaseException) -> ErrorClass:
    """Map what a skill raised to the closed set: its own `error_class`, its type, or an HTTP status it carries."""
    own = getattr(error, "error_class", None)
    if isinstance(own, ErrorClass) and own:
        return own
    if isinstance(error, TimeoutError):
        return ErrorClass.TIMEOUT
    status = _status_of(error)
    if status == 429:
        return ErrorClass.RATE_LIMITED
    if 500 <= status <= 599:
        return ErrorClass.UNAVAILABLE
    return ErrorClass.CONNECTION if isinstance(error, ConnectionError) else ErrorClass.CRASH


def _status_of(error: BaseException) -> int:
    for name in ("code", "status", "status_code"):
        status = getattr(error, name, None)
        if isinstance(status, int):
            return status
    return 0
