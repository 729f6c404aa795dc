"""Who acts in a world, and the luck of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.planted.behaviour import Behaviour, Judge
from benchmarks.planted.chance import Chance, key_of
from benchmarks.planted.weather import Weather
from workflow import Call, SideEffects


@dataclass(frozen=True)
class Cast:
    """Who acts in a world: behaviours by the name of the agent or skill, judges and other skills by reference."""

    seed: int
    weather: Weather
    behaviours: Mapping[str, Behaviour]
    judges: Mapping[str, Judge]
    side_effects: Mapping[str, SideEffects]


def name_actor(cast: Cast, call: Call) -> str:
    """Return who acts: the agent or skill that is asked, else whoever the step was made for."""
    plan = call.plan
    actor = plan.agent_name or (plan.skill.reference.partition(":")[2] if plan.skill else "")
    return actor if actor in cast.behaviours else plan.node.name


def chance_of(cast: Cast, call: Call, more: str = "") -> Chance:
    """Return the luck of this attempt."""
    name = name_actor(cast, call)
    return Chance(key_of(cast.seed, int(call.seed), name, call.visit, call.attempt, more))


def lot_of(cast: Cast, call: Call, name: str, concern: str) -> float:
    """Return a draw that is the item's own: it is the same in every attempt."""
    item = call.context.get("id")
    return Chance(key_of(cast.seed, str(item), name, concern)).uniform(0)
