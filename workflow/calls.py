"""What the engine asks of the outside: a model's reply, a skill's result. Whoever answers is an argument."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Literal, NamedTuple, TypeVar

from pydantic import JsonValue

from telemetry import ErrorClass
from workflow.nodes import SideEffects

_FREE = Decimal(0)


SendChunk = Callable[[JsonValue], Awaitable[None]]
"""Hands on a part of an answer before the whole is there; waits while nobody has room for it."""


@dataclass(frozen=True, slots=True)
class AgentCall:
    """One request to a model; `sleep` is the engine's clock, so simulated latency costs no real time.

    `feedback` is why a validator rejected the answer of the attempt before. With `send_chunk` somebody listens, and
    the answer should be handed on in parts as it comes; the reply holds the whole of it all the same.
    """

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
    feedback: str = ""
    send_chunk: SendChunk | None = None


class AgentReply(NamedTuple):
    """A model's answer with what it cost; a named tuple, because every attempt makes one.

    `validators_ms` is how long each of the step's validators looked at it, in their order, as far as they were asked.
    """

    output: JsonValue
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = _FREE
    simulated: bool = False
    cached: bool = False
    validators_ms: tuple[float, ...] = ()


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
        validators_ms: tuple[float, ...] = (),
    ) -> None:
        self.error_class = error_class
        self.model = model
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.cost_usd = cost_usd
        self.simulated = simulated
        self.validators_ms = validators_ms
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


@dataclass(frozen=True, slots=True)
class Declaration:
    """What `@skill(…)` says of a function; what one call usually costs and takes is a hint, None when not said."""

    side_effects: SideEffects = SideEffects.UNKNOWN
    cost_usd: Decimal | None = None
    latency_ms: float | None = None


_Function = TypeVar("_Function", bound=Callable[..., object])
_MARK = "__flujo_declaration__"
_UNDECLARED = Declaration()


def skill(
    *,
    side_effects: Literal["pure", "idempotent", "effect"],
    cost_usd: Decimal | str | float | None = None,
    latency_ms: float | None = None,
) -> Callable[[_Function], _Function]:
    """Declare what calling a skill again may do; Flujo retries and replays only what it may.

    Raises `ValueError` for a word that isn't one of the three, or a hint that isn't a number of 0 or more.
    """
    declared = declare(side_effects, cost_usd, latency_ms)

    def mark(function: _Function) -> _Function:
        setattr(function, _MARK, declared)
        return function

    return mark


def declare(
    side_effects: object, cost_usd: object = None, latency_ms: object = None
) -> Declaration:
    """Make a declaration of what is written; raises `ValueError` for what makes no sense."""
    cost, latency = _read_hint("cost_usd", cost_usd), _read_hint("latency_ms", latency_ms)
    return Declaration(
        SideEffects(str(side_effects)), cost, None if latency is None else float(latency)
    )


def declaration_of(function: Callable[..., object]) -> Declaration:
    """Return what `@skill(…)` says of a function; all of it unknown when it isn't declared."""
    found = getattr(function, _MARK, _UNDECLARED)
    return found if isinstance(found, Declaration) else _UNDECLARED


def _read_hint(name: str, value: object) -> Decimal | None:
    if value is None:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or number < 0:
        raise ValueError(f"{name} must be a number of 0 or more, not {value!r}")
    return number


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
