"""The same question asked again and again within a run; one trap acts on the world, the other repeats across runs."""

from benchmarks.planted.behaviour import Behaviour, Tokens
from benchmarks.planted.draft import Draft, Step, name_of, wrap
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import Block, Document, Mark, Plant, find_step
from workflow import SideEffects


def plant(draft: Draft) -> Block:
    """A list holds few different topics, and each is looked up as often as it occurs."""
    step = draft.agent_step(_asking(draft), model=MIDDLE)
    name, outer = name_of(step), name_of(wrap(draft, "cache", {}))

    def cure(document: Document) -> None:
        found = find_step(document, name)
        wrapped = dict(found)
        found.clear()
        found.update({"name": outer, "kind": "cache", "wrapped_step": wrapped})

    plant = Plant("repeats", (Mark(name, "parent"),), cure)
    return Block(_over(draft, step), plant)


def trap_effect(draft: Draft) -> Block:
    """Each of the equal calls does something."""
    step = draft.skill_step(_acting(draft), effects=SideEffects.EFFECT)
    steps = _over(draft, step)
    mark = Mark(name_of(step), "parent")
    return Block(steps, Plant("repeated_effect", (mark,), harms_unseen=True))


def trap_across_runs(draft: Draft) -> Block:
    """Many runs ask the same, no run asks twice; a run remembers nothing of the runs before."""
    step = draft.agent_step(_asking(draft), model=MIDDLE)
    step["input"] = {"topic": "{{ context.topic }}"}
    plant = Plant("repeats_across_runs", (Mark(name_of(step), "parent"),))
    return Block((step, _reader(draft)), plant)


def _over(draft: Draft, step: Step) -> tuple[Step, Step]:
    """Return a map of the step over the run's topics, and a step that reads what came of it."""
    step["input"] = {"topic": "{{ this }}"}
    body = {"iterable_input": "{{ context.topics }}", "body": [step]}
    return wrap(draft, "map", {"map": body}), _reader(draft)


def _reader(draft: Draft) -> Step:
    return draft.skill_step(Behaviour(draft.latency(0.05, 0.3)))


def _asking(draft: Draft) -> Behaviour:
    random = draft.random
    return Behaviour(
        draft.latency(0.5, 1.5),
        draft.provider(),
        tokens=Tokens(random.randrange(1_500, 4_000), 0, random.uniform(60, 200), 0.3),
        flaw=draft.flaws(0.08, 0.0005, 0.0005),
    )


def _acting(draft: Draft) -> Behaviour:
    return Behaviour(draft.latency(0.5, 1.5), draft.provider())
