"""A step that gives up on errors another attempt would survive; three traps fail too, and no retry is missing."""

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import Draft, Step, name_of
from benchmarks.planted.planting import Block, Mark, Plant, set_config
from telemetry import ErrorClass
from workflow import SideEffects

_CLASSES = (ErrorClass.UNAVAILABLE, ErrorClass.RATE_LIMITED, ErrorClass.CONNECTION)


def plant(draft: Draft) -> Block:
    """It fails now and then, more often in incidents, and has no retry or one too few."""
    random = draft.random
    behaviour = _flaky(draft, random.uniform(0.02, 0.10), random.uniform(0.05, 0.35))
    step = _place(draft, behaviour, SideEffects.IDEMPOTENT, 0)
    name = name_of(step)
    cure = set_config(name, max_retries=3)
    return Block((step,), Plant("missing_retry", (Mark(name, "max_retries", True),), cure))


def trap_retried(draft: Draft) -> Block:
    """As many attempts fail, and its retries survive nearly all of them."""
    behaviour = _flaky(draft, draft.random.uniform(0.02, 0.08), 0.05)
    step = _place(draft, behaviour, SideEffects.IDEMPOTENT, 4)
    return _trap("retried_already", step)


def trap_permanent(draft: Draft) -> Block:
    """Some items fail whatever one does, and the error says it might pass."""
    random = draft.random
    behaviour = Behaviour(
        draft.latency(),
        draft.provider(),
        poisoned=random.uniform(0.02, 0.06),
        poison_class=random.choice(_CLASSES),
    )
    return _trap("permanent_failure", _place(draft, behaviour, SideEffects.IDEMPOTENT, 1))


def trap_effect(draft: Draft) -> Block:
    """It fails now and then, and doing it twice would do harm that telemetry can't see."""
    behaviour = _flaky(draft, draft.random.uniform(0.02, 0.05), 0.1)
    step = draft.skill_step(behaviour, effects=SideEffects.EFFECT)
    mark = Mark(name_of(step), "max_retries", True)
    return Block((step,), Plant("failing_effect", (mark,), harms_unseen=True))


def _flaky(draft: Draft, rate: float, stubborn: float) -> Behaviour:
    return Behaviour(
        draft.latency(),
        draft.provider(),
        tokens=draft.tokens(20, 120),
        flaky=rate,
        stubborn=stubborn,
        flaky_class=draft.random.choice(_CLASSES),
    )


def _place(draft: Draft, behaviour: Behaviour, effects: SideEffects, retries: int) -> Step:
    config = {"max_retries": retries, "backoff_s": 0.5} if retries else None
    if draft.random.random() < 0.5:
        return draft.agent_step(behaviour, config=config)
    return draft.skill_step(behaviour, effects=effects, config=config)


def _trap(kind: str, step: Step) -> Block:
    return Block((step,), Plant(kind, (Mark(name_of(step), "max_retries", True),)))
