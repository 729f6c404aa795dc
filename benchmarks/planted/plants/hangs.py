"""Calls that hang, and nothing that stops them in time; the trap is slow at times, and always worth waiting for."""

from dataclasses import replace

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.latency import Latency, Shape
from benchmarks.planted.planting import Block, Mark, Plant, set_config


def plant(draft: Draft) -> Block:
    """One call in a hundred hangs for minutes; the timeout is far away or missing, a retry is there."""
    random = draft.random
    latency = replace(
        draft.latency(0.5, 3, tail=False),
        hang=random.uniform(0.008, 0.03),
        hang_s=random.choice((300.0, 600.0, 900.0)),
    )
    config: dict[str, float] = {"max_retries": 2}
    if random.random() < 0.5:
        config["timeout_s"] = random.choice((180, 300))
    behaviour = Behaviour(latency, draft.provider(), tokens=draft.tokens(20, 200))
    step = (
        draft.agent_step(behaviour, config=dict(config))
        if random.random() < 0.5
        else draft.skill_step(behaviour, config=dict(config))
    )
    name = name_of(step)
    cure = set_config(name, timeout_s=float(round(12 * latency.median_s + 1)))
    return Block((step,), Plant("hangs", (Mark(name, "timeout_s", False),), cure))


def trap(draft: Draft) -> Block:
    """Its tail is heavy, and what takes ten times as long as usual succeeds all the same."""
    random = draft.random
    latency = Latency(
        random.choice((Shape.LOG_NORMAL, Shape.WEIBULL)),
        random.uniform(2, 6),
        0.6,
        tail_share=random.uniform(0.05, 0.10),
        tail_index=random.uniform(1.7, 2.2),
    )
    behaviour = Behaviour(latency, draft.provider(), size_exponent=0.3)
    config = {"timeout_s": 900} if random.random() < 0.5 else None
    step = draft.skill_step(behaviour, config=config)
    return Block((step,), Plant("slow_but_needed", (Mark(name_of(step), "timeout_s", False),)))
