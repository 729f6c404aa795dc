"""A step whose answer nobody reads; the trap's isn't read either, and it acts on the world."""

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import Block, Mark, Plant, remove_step
from workflow import SideEffects


def plant(draft: Draft) -> Block:
    """The step after it goes on with what was before."""
    first = draft.skill_step(Behaviour(draft.latency(0.1, 0.5)))
    behaviour = Behaviour(
        draft.latency(2, 6),
        draft.provider(),
        tokens=draft.tokens(100, 400),
        flaw=draft.flaws(0.05, 0.02, 0.01),
    )
    dead = draft.agent_step(behaviour, model=MIDDLE)
    last = draft.skill_step(
        Behaviour(draft.latency(0.1, 0.5)), data=f"{{{{ steps.{name_of(first)}.output }}}}"
    )
    name = name_of(dead)
    plant = Plant("dead_step", (Mark(name, "removed"),), remove_step(name))
    return Block((first, dead, last), plant)


def trap(draft: Draft) -> Block:
    """It writes something down elsewhere."""
    first = draft.skill_step(Behaviour(draft.latency(0.1, 0.5)))
    effect = draft.skill_step(
        Behaviour(draft.latency(1, 4), draft.provider()), effects=SideEffects.EFFECT
    )
    last = draft.skill_step(
        Behaviour(draft.latency(0.1, 0.5)), data=f"{{{{ steps.{name_of(first)}.output }}}}"
    )
    mark = Mark(name_of(effect), "removed")
    return Block((first, effect, last), Plant("unread_effect", (mark,), harms_unseen=True))
