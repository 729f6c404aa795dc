"""A large model for an easy question; the trap is a large model for a hard one."""

from benchmarks.planted.behaviour import Behaviour, Judge, Tokens
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.models import LARGE, SMALL
from benchmarks.planted.planting import Block, Mark, Plant, set_model


def plant(draft: Draft) -> Block:
    """Every model answers it right, in a word or two."""
    random = draft.random
    tokens = Tokens(random.randrange(1_500, 4_000), 300, random.uniform(5, 40), 0.3)
    slip = random.uniform(0, 0.001)
    behaviour = Behaviour(
        draft.latency(),
        draft.provider(),
        tokens=tokens,
        flaw=draft.flaws(slip, slip, slip),
        kinds=random.choice((0, 3)),
    )
    step = draft.agent_step(behaviour, model=LARGE)
    name = name_of(step)
    return Block((step,), Plant("easy_step", (Mark(name, "model"),), set_model(name, SMALL.name)))


def trap(draft: Draft) -> Block:
    """Smaller models are often wrong, and a validator sees part of it; now and then the large one is wrong too."""
    random = draft.random
    tokens = Tokens(
        random.randrange(1_500, 4_000), 300, random.choice((20, 200, 500)), random.uniform(0.3, 0.6)
    )
    large = random.uniform(0.01, 0.04)
    behaviour = Behaviour(
        draft.latency(1, 5),
        draft.provider(),
        tokens=tokens,
        flaw=draft.flaws(random.uniform(0.2, 0.4), random.uniform(0.08, 0.15), large),
    )
    step = draft.agent_step(behaviour, model=LARGE, config={"max_retries": 2})
    step["validators"] = [draft.judge(Judge(0.05, refuses_broken=1.0, refuses_flawed=0.8))]
    return Block((step,), Plant("hard_step", (Mark(name_of(step), "model"),)))
