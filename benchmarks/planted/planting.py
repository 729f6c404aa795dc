"""What is planted: an inefficiency with the patch that would take it, or a trap that only looks like one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from benchmarks.planted.draft import Draft, Step

Document = dict[str, JsonValue]
Cure = Callable[[Document], None]
"""Changes a document in place into the best version its author could think of."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of a step that takes a plant, or falls into a trap; `field` as in `benchmarks.planted.effects`.

    `upward` is true for a change to more (or later added), false to less, None where it doesn't matter.
    """

    step: str
    field: str
    upward: bool | None = None


@dataclass(frozen=True, slots=True)
class Plant:
    """Something put into a world on purpose; a trap has no cure.

    Where `harms_unseen` the trap's step acts on the world: what a repeated or missing action costs no run tells.
    """

    kind: str
    marks: tuple[Mark, ...]
    cure: Cure | None = None
    harms_unseen: bool = False

    @property
    def is_trap(self) -> bool:
        """Whether it only looks like an inefficiency."""
        return self.cure is None


@dataclass(frozen=True, slots=True)
class Block:
    """Steps that belong together, and what is planted in them; at most one thing."""

    steps: tuple[Step, ...]
    plant: Plant | None = None


Planter = Callable[[Draft], Block]


def find_step(document: Document, name: str) -> Step:
    """Return the step of that name, at any depth; raises `LookupError`."""
    for step in walk_steps(document):
        if step.get("name") == name:
            return step
    raise LookupError(name)


def walk_steps(value: JsonValue) -> list[Step]:
    """Return every mapping that has a name, outermost first."""
    found: list[Step] = []
    if isinstance(value, dict):
        if "name" in value and ("uses" in value or "kind" in value):
            found.append(value)
        for inner in value.values():
            found += walk_steps(inner)
    elif isinstance(value, list):
        for inner in value:
            found += walk_steps(inner)
    return found


def set_config(step: str, **knobs: JsonValue) -> Cure:
    """Return the cure that sets these knobs of a step."""

    def change(document: Document) -> None:
        found = find_step(document, step)
        config = found.get("config")
        found["config"] = {**(config if isinstance(config, dict) else {}), **knobs}

    return change


def set_model(agent: str, model: str) -> Cure:
    """Return the cure that lets an agent ask another model."""

    def change(document: Document) -> None:
        agents = document["agents"]
        assert isinstance(agents, dict)
        found = agents[agent]
        assert isinstance(found, dict)
        found["model"] = model

    return change


def set_key(step: str, key: str, value: JsonValue) -> Cure:
    """Return the cure that sets one key of a step."""

    def change(document: Document) -> None:
        find_step(document, step)[key] = value

    return change


def remove_step(step: str) -> Cure:
    """Return the cure that takes a step of the top level or of a branch away."""

    def change(document: Document) -> None:
        _remove(document, step)

    return change


def _remove(value: JsonValue, name: str) -> None:
    if isinstance(value, list):
        value[:] = [one for one in value if not (isinstance(one, dict) and one.get("name") == name)]
    for inner in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        _remove(inner, name)


def settings_of(mapping: Mapping[str, JsonValue], key: str) -> Mapping[str, JsonValue]:
    """Return a mapping inside a mapping, empty where there is none."""
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}
