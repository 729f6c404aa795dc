"""Rounds after the last improvement; in the trap late rounds still improve, and only the last is good enough."""

from benchmarks.planted.behaviour import Behaviour, Tokens
from benchmarks.planted.draft import Draft, Step, name_of, wrap
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import Block, Document, Mark, Plant, find_step


def plant(draft: Draft) -> Block:
    """Two or three rounds bring all there is, and the exit asks for more than ever comes."""
    random = draft.random
    best = random.choice((2, 3))
    loop = _loop(draft, _refining(draft, best, 2.0), rounds=random.choice((7, 8, 10)))
    name = name_of(loop)

    def cure(document: Document) -> None:
        found = find_step(document, name)["loop"]
        assert isinstance(found, dict)
        found["max_loops"] = best

    return Block((loop,), Plant("idle_loops", (Mark(name, "max_loops", False),), cure))


def trap(draft: Draft) -> Block:
    """Each round is a little better, and the step behind it wants the last one."""
    rounds = draft.random.choice((4, 5))
    loop = _loop(draft, _refining(draft, rounds, 0.88), rounds=rounds + 1)
    reader = draft.skill_step(Behaviour(draft.latency(0.1, 0.5), needs_done=True))
    plant = Plant("loops_that_improve", (Mark(name_of(loop), "max_loops", False),))
    return Block((loop, reader), plant)


def _refining(draft: Draft, improves_until: int, good_enough: float) -> Behaviour:
    random = draft.random
    return Behaviour(
        draft.latency(1, 3),
        draft.provider(),
        tokens=Tokens(random.randrange(400, 1_500), 0, random.uniform(80, 250), 0.3),
        flaw=draft.flaws(0.05, 0.0005, 0.0002),
        improves_until=improves_until,
        good_enough=good_enough,
    )


def _loop(draft: Draft, behaviour: Behaviour, rounds: int) -> Step:
    step = draft.agent_step(behaviour, model=MIDDLE)
    body = {"max_loops": rounds, "exit_expression": "previous_step.done", "body": [step]}
    return wrap(draft, "loop", {"loop": body})
