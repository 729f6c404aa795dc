"""Makes attempts as a step's behaviour says: what the engine runs in place of models, services and skills."""

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

from pydantic import JsonValue

from benchmarks.planted.answers import Answer, give_answer, has_flaw, is_broken
from benchmarks.planted.behaviour import Judge
from benchmarks.planted.cast import Cast, chance_of, name_actor
from benchmarks.planted.models import MODELS, Model
from benchmarks.planted.refusals import find_objection, find_refusal
from workflow import (
    AgentCall,
    AgentReply,
    AttemptError,
    Call,
    Perform,
    SideEffects,
    Skill,
    perform_live,
)

_CALL: ContextVar[Call] = ContextVar("the attempt being made")
_LATENCY, _JUDGE = 0, 60
"""Where the draws of each concern begin; those in between are others'."""
_PATIENCE_OF_A_REFUSAL = 0.15
"""A refused call comes back in this share of the time of one that is answered."""


def perform_as(cast: Cast) -> Perform:
    """Return what makes the attempts of any version of this world's workflow; the seed of a run is its number."""
    skills: dict[str, Skill] = {}

    def find_skill(reference: str) -> Skill:
        if reference not in skills:
            skills[reference] = _make_skill(cast, reference)
        return skills[reference]

    async def ask_agent(asked: AgentCall) -> AgentReply:
        answer = await _act(cast, _CALL.get(), asked.prompt, MODELS[asked.model])
        return AgentReply(
            answer.output,
            asked.model,
            answer.input_tokens,
            answer.output_tokens,
            answer.cost_usd,
        )

    live = perform_live(ask_agent, find_skill)

    async def perform(call: Call) -> AgentReply:
        _CALL.set(call)
        return await live(call)

    return perform


def _make_skill(cast: Cast, reference: str) -> Skill:
    judge = cast.judges.get(reference)
    function: Callable[..., object]
    if judge is not None:
        function = _judging(cast, reference, judge)
    else:

        async def act(data: JsonValue) -> JsonValue:
            return (await _act(cast, _CALL.get(), data, None)).output

        function = act
    return Skill(reference, function, cast.side_effects.get(reference, SideEffects.UNKNOWN))


def _judging(cast: Cast, reference: str, judge: Judge) -> Callable[..., object]:
    async def look(data: JsonValue) -> JsonValue:
        chance = chance_of(cast, _CALL.get(), reference)
        await asyncio.sleep(judge.latency_s * (0.6 + 0.8 * chance.uniform(_JUDGE)))
        if is_broken(data):
            refuses = judge.refuses_broken
        else:
            refuses = judge.refuses_flawed if has_flaw(data) else judge.refuses_good
        return chance.uniform(_JUDGE + 1) >= refuses

    return look


async def _act(cast: Cast, call: Call, data: JsonValue, model: Model | None) -> Answer:
    behaviour = cast.behaviours[name_actor(cast, call)]
    chance = chance_of(cast, call)
    run, size = int(call.seed), _number(call.context.get("size"))
    took_s = behaviour.latency.draw_s(chance, _LATENCY) * cast.weather.slowness(run)
    if behaviour.size_exponent:
        took_s *= size**behaviour.size_exponent
    took_s *= model.slowness if model else 1.0
    error_class = find_refusal(cast, call, behaviour) or find_objection(cast, call, behaviour, data)
    if error_class:
        await asyncio.sleep(took_s * _PATIENCE_OF_A_REFUSAL)
        raise AttemptError(error_class, str(error_class), model=model.name if model else "")
    await asyncio.sleep(took_s)
    return give_answer(behaviour, call, data, chance, model, size)


def _number(value: JsonValue) -> float:
    return float(value) if isinstance(value, (int, float)) else 1.0
