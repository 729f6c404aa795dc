"""Ordinary parts of a workflow, in which nothing is worth changing: every kind of container that runs by itself."""

from collections.abc import Callable
from typing import Final

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import PRIOR, Draft, Step, name_of, wrap
from benchmarks.planted.models import MIDDLE
from workflow import SideEffects


def fill_chain(draft: Draft) -> list[Step]:
    """One to three steps in a row."""
    return [_ordinary(draft) for _ in range(draft.random.randrange(1, 4))]


def fill_parallel(draft: Draft) -> list[Step]:
    """Two or three branches at once, and a step that reads them all."""
    branches = {f"way_{n}": [_ordinary(draft)] for n in range(draft.random.choice((2, 3)))}
    return [wrap(draft, "parallel", {"branches": branches}), _reader(draft)]


def fill_conditional(draft: Draft) -> list[Step]:
    """A step that sorts, and a branch for each kind."""
    sorter = draft.skill_step(Behaviour(draft.latency(0.05, 0.4), kinds=3))
    branches = {f"kind_{n}": [_ordinary(draft)] for n in range(2)}
    rest = {
        "condition_expression": f"steps.{name_of(sorter)}.output.kind",
        "default_branch": "kind_0",
        "branches": branches,
    }
    return [sorter, wrap(draft, "conditional", rest)]


def fill_map(draft: Draft) -> list[Step]:
    """A quick step for every part of the item, which are all different."""
    step = draft.skill_step(Behaviour(draft.latency(0.05, 0.3)), data="{{ this }}")
    body = {"iterable_input": "{{ context.parts }}", "body": [step]}
    return [wrap(draft, "map", {"map": body}), _reader(draft)]


def fill_loop(draft: Draft) -> list[Step]:
    """Rounds that end when the answer is good enough, which two out of three need."""
    behaviour = Behaviour(draft.latency(0.3, 1), improves_until=3, good_enough=0.76)
    body = {
        "max_loops": 4,
        "exit_expression": "previous_step.done",
        "body": [draft.skill_step(behaviour)],
    }
    return [wrap(draft, "loop", {"loop": body})]


def fill_router(draft: Draft) -> list[Step]:
    """A skill that picks the branch."""
    states = {f"kind_{n}": [_ordinary(draft)] for n in range(2)}
    sorter = draft.skill_step(Behaviour(draft.latency(0.05, 0.4), kinds=2))
    machine = {
        "start_state": "sort",
        "end_states": ["kind_0", "kind_1"],
        "states": {"sort": [sorter], **states},
        "transitions": [
            {"from": "sort", "to": "kind_1", "when": "previous_step.kind == 'kind_1'"},
            {"from": "sort", "to": "kind_0"},
        ],
    }
    return [wrap(draft, "StateMachine", machine), _reader(draft)]


def fill_cache(draft: Draft) -> list[Step]:
    """A step that remembers."""
    return [wrap(draft, "cache", {"wrapped_step": _ordinary(draft, may_act=False)})]


FILLERS: Final[tuple[Callable[[Draft], list[Step]], ...]] = (
    fill_chain,
    fill_chain,
    fill_parallel,
    fill_conditional,
    fill_map,
    fill_loop,
    fill_router,
    fill_cache,
)


def _ordinary(draft: Draft, *, may_act: bool = True) -> Step:
    """Return a step that does its work: it hardly ever fails, and where it does a retry is there."""
    random = draft.random
    lot = random.random()
    if lot < 0.35:
        return _asking(draft)
    flaky = random.choice((0.0, 0.0, 0.01))
    behaviour = Behaviour(draft.latency(0.05, 1.5), draft.provider(), flaky=flaky)
    if flaky:
        return draft.skill_step(behaviour, config={"max_retries": 3, "backoff_s": 0.5})
    effects = random.choice((SideEffects.IDEMPOTENT, SideEffects.EFFECT))
    return draft.skill_step(behaviour, effects=effects if may_act else SideEffects.IDEMPOTENT)


def _asking(draft: Draft) -> Step:
    """Return a step that asks the smallest model that can answer."""
    random = draft.random
    is_hard = random.random() < 0.4
    slip = random.uniform(0.0, 0.002)
    behaviour = Behaviour(
        draft.latency(),
        draft.provider(),
        size_exponent=random.choice((0.0, 0.3)),
        tokens=draft.tokens(30, 400),
        flaky=random.choice((0.0, 0.005)),
        flaw=draft.flaws(random.uniform(0.08, 0.3) if is_hard else slip, slip, slip / 2),
    )
    config = {"max_retries": 3, "backoff_s": 0.5}
    return (
        draft.agent_step(behaviour, model=MIDDLE, config=config)
        if is_hard
        else (draft.agent_step(behaviour, config=config))
    )


def _reader(draft: Draft) -> Step:
    return draft.skill_step(Behaviour(draft.latency(0.05, 0.3)), data=PRIOR)
