"""A first choice that fails most of the time, with waits, before its fallback answers; the trap's fails at times."""

from collections.abc import Mapping

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import Draft, Step, name_of
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import Block, Document, Mark, Plant, find_step


def plant(draft: Draft) -> Block:
    """The fallback answers three times in four."""
    random = draft.random
    config = {"max_retries": 2, "backoff_s": random.choice((3, 5))}
    step = _with_fallback(draft, random.uniform(0.7, 0.9), config)
    name = name_of(step)

    def cure(document: Document) -> None:
        found = find_step(document, name)
        found["fallback"], fallback = None, found["fallback"]
        assert isinstance(fallback, dict)
        found["uses"] = fallback["uses"]
        del found["fallback"], found["config"]

    fields = ("uses", "fallback", "removed")
    marks = (*(Mark(name, field) for field in fields), Mark(name, "max_retries", False))
    return Block((step,), Plant("fallback_mostly", marks, cure))


def trap(draft: Draft) -> Block:
    """Most answers are the first choice's, which is the better one."""
    config = {"max_retries": 1, "backoff_s": 0.5}
    step = _with_fallback(draft, draft.random.uniform(0.05, 0.2), config)
    marks = tuple(Mark(name_of(step), field) for field in ("uses", "fallback", "removed"))
    return Block((step,), Plant("fallback_at_times", marks))


def _with_fallback(draft: Draft, fails: float, config: Mapping[str, float]) -> Step:
    first = Behaviour(draft.latency(0.5, 2), draft.provider(), poisoned=fails)
    second = Behaviour(
        draft.latency(1, 4),
        draft.provider(),
        tokens=draft.tokens(60, 200),
        flaw=draft.flaws(0.2, 0.01, 0.01),
    )
    step = draft.skill_step(first, config=config)
    step["fallback"] = draft.agent_step(second, model=MIDDLE)
    return step
