"""Answers that never end and are worth nothing; the trap's long answers are long because they must be."""

import math

from benchmarks.planted.behaviour import Behaviour, Tokens
from benchmarks.planted.draft import Draft, name_of
from benchmarks.planted.models import LARGE
from benchmarks.planted.planting import Block, Mark, Plant, set_config

_LIMIT = 16_000


def plant(draft: Draft) -> Block:
    """A few answers run on to the limit, which is far above what any good one needs."""
    random = draft.random
    tokens = Tokens(
        random.randrange(200, 900),
        50,
        random.uniform(120, 300),
        random.uniform(0.3, 0.5),
        runaway=random.uniform(0.02, 0.04),
        runaway_tokens=random.choice((9_000, 14_000)),
    )
    step = draft.agent_step(_writing(draft, tokens), model=LARGE, config={"max_tokens": _LIMIT})
    name = name_of(step)
    cap = round(tokens.output_median * math.exp(3.7 * tokens.output_sigma))
    cure = set_config(name, max_tokens=cap)
    return Block((step,), Plant("runaway_answers", (Mark(name, "max_tokens", False),), cure))


def trap(draft: Draft) -> Block:
    """Some items need an answer many times as long, and a short one would be wrong."""
    random = draft.random
    tokens = Tokens(
        random.randrange(200, 900),
        50,
        random.uniform(120, 300),
        random.uniform(0.3, 0.5),
        long_share=random.uniform(0.01, 0.03),
        long_tokens=random.choice((5_000, 9_000)),
    )
    step = draft.agent_step(_writing(draft, tokens), model=LARGE, config={"max_tokens": _LIMIT})
    return Block((step,), Plant("long_for_a_reason", (Mark(name_of(step), "max_tokens", False),)))


def _writing(draft: Draft, tokens: Tokens) -> Behaviour:
    flaws = draft.flaws(draft.random.uniform(0.15, 0.3), 0.06, 0.001)
    return Behaviour(draft.latency(1, 4), draft.provider(), tokens=tokens, flaw=flaws)
