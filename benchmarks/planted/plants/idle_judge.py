"""A slow validator that never refuses anything; the trap's refuses rarely, and what it refuses is dear."""

from benchmarks.planted.behaviour import Behaviour, Judge
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import Block, Mark, Plant, set_key


def plant(draft: Draft) -> Block:
    """There is nothing to refuse."""
    random = draft.random
    judge = draft.judge(Judge(random.uniform(8, 20)))
    behaviour = _answering(draft, 0.0)
    step = draft.agent_step(behaviour, model=MIDDLE, config={"max_retries": 1})
    step["validators"] = [judge]
    name = name_of(step)
    cure = set_key(name, "validators", [])
    return Block((step,), Plant("idle_judge", (Mark(name, "validators", False),), cure))


def trap(draft: Draft) -> Block:
    """One answer in some hundreds is wrong, and nobody else would notice before the end."""
    random = draft.random
    judge = draft.judge(Judge(random.uniform(0.1, 0.4), refuses_broken=1.0, refuses_flawed=0.95))
    behaviour = _answering(draft, random.uniform(0.003, 0.008))
    step = draft.agent_step(behaviour, model=MIDDLE, config={"max_retries": 2})
    step["validators"] = [judge]
    return Block((step,), Plant("rare_but_dear_flaw", (Mark(name_of(step), "validators", False),)))


def _answering(draft: Draft, flaw: float) -> Behaviour:
    return Behaviour(
        draft.latency(),
        draft.provider(),
        tokens=draft.tokens(40, 150),
        flaw=draft.flaws(max(0.2, flaw), flaw, flaw),
    )
