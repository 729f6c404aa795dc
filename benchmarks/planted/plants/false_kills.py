"""A timeout that stops healthy calls; the trap's stops calls that hang, and the retry is quick."""

from dataclasses import replace

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.chance import Chance, key_of
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.latency import Latency
from benchmarks.planted.planting import Block, Mark, Plant, set_config

_DRAWS = 2_000


def plant(draft: Draft) -> Block:
    """Several healthy calls in a hundred need a little longer than they are given."""
    random = draft.random
    latency = draft.latency(1, 5, tail=False)
    behaviour = Behaviour(latency, draft.provider())
    kills = random.uniform(0.04, 0.12)
    step = draft.skill_step(behaviour, config={"timeout_s": _quantile(latency, 1 - kills)})
    name = name_of(step)
    cure = set_config(name, timeout_s=_quantile(latency, 0.999) * 1.5)
    return Block((step,), Plant("false_kills", (Mark(name, "timeout_s", True),), cure))


def trap(draft: Draft) -> Block:
    """As many attempts are stopped, but these would have hung for minutes."""
    random = draft.random
    latency = replace(
        draft.latency(1, 4, tail=False), hang=random.uniform(0.01, 0.04), hang_s=600.0
    )
    behaviour = Behaviour(latency, draft.provider())
    config = {"timeout_s": round(10 * latency.median_s, 1), "max_retries": 2}
    step = draft.skill_step(behaviour, config=config)
    return Block((step,), Plant("kills_that_pay", (Mark(name_of(step), "timeout_s", True),)))


def _quantile(latency: Latency, q: float) -> float:
    draws = sorted(latency.draw_s(Chance(key_of("quantile", n)), 0) for n in range(_DRAWS))
    return round(draws[int(q * _DRAWS)], 2)
