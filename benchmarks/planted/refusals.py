"""Why a step fails: the service refuses, or the step can't work with what it is given."""

from pydantic import JsonValue

from benchmarks.planted.answers import has_flaw, is_broken
from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.cast import Cast, lot_of, name_actor
from benchmarks.planted.chance import Chance, key_of
from telemetry import ErrorClass
from workflow import Call

_FLAKY, _STUBBORN = 10, 20


def find_refusal(cast: Cast, call: Call, behaviour: Behaviour) -> ErrorClass:
    """Return why the service refuses: the item is poisoned, or the weather is bad."""
    name = name_actor(cast, call)
    if behaviour.poisoned and lot_of(cast, call, name, "poison") < behaviour.poisoned:
        return behaviour.poison_class
    if not behaviour.flaky:
        return ErrorClass.NONE
    rate = min(0.9, behaviour.flaky * cast.weather.factor(behaviour.provider, int(call.seed)))
    key = key_of(cast.seed, int(call.seed), name, call.visit)
    drags = Chance(key).uniform(_STUBBORN)
    fails = False
    for attempt in range(1, call.attempt + 1):
        alone = Chance(key_of(key, attempt)).uniform(_FLAKY) < rate
        fails = alone or (fails and drags < behaviour.stubborn ** (attempt - 1))
    return behaviour.flaky_class if fails else ErrorClass.NONE


def find_objection(cast: Cast, call: Call, behaviour: Behaviour, data: JsonValue) -> ErrorClass:
    """Return why the step can't work with what it was given."""
    name = name_actor(cast, call)
    prior = data.get("prior") if isinstance(data, dict) else data
    if behaviour.chokes and is_broken(prior):
        return _by_lot(lot_of(cast, call, name, "choke") < behaviour.chokes)
    if behaviour.needs_prior and not prior:
        return ErrorClass.INVALID_INPUT
    if behaviour.needs_done and isinstance(prior, dict) and not prior.get("done", True):
        return ErrorClass.INVALID_INPUT
    if behaviour.own_failures and lot_of(cast, call, name, "own") < behaviour.own_failures:
        return ErrorClass.INVALID_INPUT
    if behaviour.minds and has_flaw(data):
        return _by_lot(lot_of(cast, call, name, "mind") < behaviour.minds)
    return ErrorClass.NONE


def _by_lot(objects: bool) -> ErrorClass:
    return ErrorClass.INVALID_INPUT if objects else ErrorClass.NONE
