"""A slow validator before a quick one that refuses the same answers; the trap's order is right."""

from benchmarks.planted.behaviour import Behaviour, Judge
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import Block, Mark, Plant, set_key


def plant(draft: Draft) -> Block:
    """Answers of the wrong form go to the slow one first, who refuses them too."""
    random = draft.random
    slow = draft.judge(Judge(random.uniform(12, 25), refuses_broken=0.95, refuses_flawed=0.5))
    quick = draft.judge(Judge(random.uniform(0.02, 0.1), refuses_broken=1.0))
    step = draft.agent_step(
        _answering(draft, broken=random.uniform(0.12, 0.25)),
        model=MIDDLE,
        config={"max_retries": 3},
    )
    step["validators"] = [slow, quick]
    name = name_of(step)
    cure = set_key(name, "validators", [quick, slow])
    return Block((step,), Plant("judge_order", (Mark(name, "validators"),), cure))


def trap(draft: Draft) -> Block:
    """The first refuses much and is quick enough, the second hardly refuses anything."""
    random = draft.random
    first = draft.judge(Judge(random.uniform(0.5, 1.0), refuses_broken=1.0))
    second = draft.judge(Judge(random.uniform(0.3, 0.6), refuses_flawed=0.6))
    step = draft.agent_step(
        _answering(draft, broken=random.uniform(0.1, 0.2)), model=MIDDLE, config={"max_retries": 3}
    )
    step["validators"] = [first, second]
    return Block((step,), Plant("judges_in_order", (Mark(name_of(step), "validators"),)))


def _answering(draft: Draft, broken: float) -> Behaviour:
    return Behaviour(
        draft.latency(),
        draft.provider(),
        tokens=draft.tokens(40, 150),
        broken=broken,
        flaw=draft.flaws(0.2, 0.004, 0.002),
    )
