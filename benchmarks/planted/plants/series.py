"""Two slow steps in a row that don't need each other; in the trap the second reads the first through the context."""

from dataclasses import replace

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import PRIOR, Draft, name_of, wrap
from benchmarks.planted.planting import Block, Document, Mark, Plant, find_step, settings_of


def plant(draft: Draft) -> Block:
    """They could run at once."""
    first = draft.skill_step(_slow(draft), data="{{ context.topic }}")
    second = draft.skill_step(_slow(draft), data="{{ context.topic }}")
    names = name_of(first), name_of(second)
    join = draft.skill_step(
        Behaviour(draft.latency(0.05, 0.2)),
        data=[f"{{{{ steps.{name}.output }}}}" for name in names],
    )
    outer = name_of(wrap(draft, "parallel", {}))

    def cure(document: Document) -> None:
        _run_at_once(document, names, outer)
        found = find_step(document, name_of(join))
        prior = f"{{{{ steps.{outer}.output }}}}"
        found["input"] = {**settings_of(found, "input"), "prior": prior}

    marks = tuple(Mark(name, "parent") for name in names)
    return Block((first, second, join), Plant("series", marks, cure))


def trap(draft: Draft) -> Block:
    """The key of the context is the only thread between them."""
    first = draft.skill_step(_slow(draft), data=PRIOR)
    key = f"found_by_{name_of(first)}"
    first["sink_to"] = key
    reading = replace(_slow(draft), needs_prior=True)
    second = draft.skill_step(reading, data=f"{{{{ context.{key} }}}}")
    marks = tuple(Mark(name_of(step), "parent") for step in (first, second))
    return Block((first, second), Plant("hidden_dependency", marks))


def _slow(draft: Draft) -> Behaviour:
    return Behaviour(draft.latency(5, 14), draft.provider())


def _run_at_once(document: Document, names: tuple[str, str], outer: str) -> None:
    for steps in _lists(document):
        found = [step for step in steps if isinstance(step, dict) and step.get("name") in names]
        if len(found) == len(names):
            position = steps.index(found[0])
            branches = {f"way_{number}": [step] for number, step in enumerate(found)}
            steps[position : position + 2] = [
                {"name": outer, "kind": "parallel", "branches": branches}
            ]
            return


def _lists(value: object) -> list[list[object]]:
    found = [value] if isinstance(value, list) else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        found += _lists(one)
    return found
