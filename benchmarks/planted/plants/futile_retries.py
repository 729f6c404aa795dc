"""Retries that never succeed and make everybody wait; the trap's retries take long and mostly pay."""

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.planting import Block, Mark, Plant, set_config


def plant(draft: Draft) -> Block:
    """What fails here fails for good, after four retries with ever longer waits."""
    random = draft.random
    behaviour = Behaviour(draft.latency(), draft.provider(), poisoned=random.uniform(0.06, 0.14))
    config = {"max_retries": random.choice((3, 4)), "backoff_s": random.choice((4, 6, 8))}
    step = draft.skill_step(behaviour, config=config)
    name = name_of(step)
    cure = set_config(name, max_retries=0)
    return Block((step,), Plant("futile_retries", (Mark(name, "max_retries", False),), cure))


def trap(draft: Draft) -> Block:
    """Failures come in rows, and only the third attempt or the fourth survives."""
    random = draft.random
    behaviour = Behaviour(
        draft.latency(),
        draft.provider(),
        flaky=random.uniform(0.04, 0.08),
        stubborn=random.uniform(0.4, 0.6),
    )
    step = draft.skill_step(behaviour, config={"max_retries": 4, "backoff_s": 1})
    return Block((step,), Plant("retries_that_pay", (Mark(name_of(step), "max_retries", False),)))
