"""An answer of the wrong form that fails a step further down; in the trap that step fails by itself."""

from pydantic import JsonValue

from benchmarks.planted.behaviour import Behaviour
from benchmarks.planted.draft import Draft, Step, name_of
from benchmarks.planted.models import MIDDLE
from benchmarks.planted.planting import (
    Block,
    Cure,
    Document,
    Mark,
    Plant,
    set_config,
    set_key,
    settings_of,
)

_CHECK: JsonValue = {
    "id": "flujo.check.schema",
    "params": {"schema": {"type": "object", "required": ["text"]}},
}


def plant(draft: Draft) -> Block:
    """A registered validator would catch it at its source, where a second attempt nearly always helps."""
    random = draft.random
    source = _source(draft, broken=random.uniform(0.025, 0.08))
    name = name_of(source)
    between = draft.skill_step(Behaviour(draft.latency(0.1, 0.5)), data="{{ context.id }}")
    reader = draft.skill_step(
        Behaviour(draft.latency(0.1, 1), chokes=random.uniform(0.9, 1.0), own_failures=0.001),
        data=f"{{{{ steps.{name}.output }}}}",
    )
    reader["input"] = {
        **settings_of(reader, "input"),
        "more": f"{{{{ steps.{name_of(between)}.output }}}}",
    }
    marks = (Mark(name, "validators", True), Mark(name, "output_schema"))
    return Block((source, between, reader), Plant("unchecked_answer", marks, _check(name)))


def trap(draft: Draft) -> Block:
    """Nothing is wrong with what it is given."""
    source = _source(draft, broken=0.0)
    name = name_of(source)
    reader = draft.skill_step(
        Behaviour(draft.latency(0.1, 1), own_failures=draft.random.uniform(0.02, 0.06)),
        data=f"{{{{ steps.{name}.output }}}}",
    )
    return Block((source, reader), Plant("own_failures", (Mark(name, "validators", True),)))


def _source(draft: Draft, broken: float) -> Step:
    behaviour = Behaviour(
        draft.latency(),
        draft.provider(),
        tokens=draft.tokens(60, 200),
        broken=broken,
        flaw=draft.flaws(0.2, 0.002, 0.001),
    )
    return draft.agent_step(behaviour, model=MIDDLE)


def _check(name: str) -> Cure:
    check = set_key(name, "validators", [_CHECK])
    retry = set_config(name, max_retries=2)

    def change(document: Document) -> None:
        check(document)
        retry(document)

    return change
