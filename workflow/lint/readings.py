"""What each step reads, and which steps may have run by then: the engine's rules of scope, without running.

Outputs are known by name. A conditional, a loop and a state machine share them with the steps around; the branches of a
parallel and the items of a map work on copies, and what is inside a map isn't seen after it. Steps of a loop see the
round before.
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import JsonValue

from policy_dsl import Expression, ExpressionError, compile_expression
from workflow.lint.blocks import Place
from workflow.names import CONDITION_NAMES
from workflow.templates import TemplateError, slots_of

Path = tuple[str | int, ...]
Seen = ChainMap[str, tuple[Place, ...]]
TEMPLATE_SKILL = "flujo.text.template"

compiled = lru_cache(maxsize=4096)(compile_expression)
_AGAIN = frozenset({"loop", "StateMachine"})


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a step, the paths it mentions (`steps`, name, …), and what may have run when it is read.

    `part` is the part's pointer below the step's. `before` is the step whose output is `previous_step` here, None where
    that isn't certain. `seen` goes on changing: look at it before the next reading.
    """

    place: Place
    part: str
    paths: tuple[Path, ...]
    seen: Mapping[str, Sequence[Place]]
    before: Place | None

    @property
    def pointer(self) -> str:
        """Where it stands."""
        return f"{self.place.node.pointer}/{self.part}"


def read_all(top: Iterable[Place], names: frozenset[str]) -> Iterator[Reading]:
    """Walk through all steps as a run would, every branch taken; `names` are those of all steps."""
    return _Walk(names).sequence(top, ChainMap(), None)


def templates_of(place: Place) -> Iterator[tuple[str, JsonValue]]:
    """Return the parts of a step that hold templates, with their pointers below the step's."""
    raw, node = place.node.raw, place.node
    if "input" in raw:
        yield "input", raw["input"]
    inner = raw.get("map")
    if isinstance(inner, dict):
        yield "map/iterable_input", inner.get("iterable_input")
    if node.kind == "hitl":
        yield "message", raw.get("message")
    agent = raw.get("agent")
    if node.uses == TEMPLATE_SKILL and isinstance(agent, dict):
        params = agent.get("params")
        yield "agent/params/text", params.get("text") if isinstance(params, dict) else None


def names_given(places: Iterable[Place]) -> dict[str, list[Place]]:
    """Return what steps after these may see of them, by name."""
    given: dict[str, list[Place]] = {}
    for place in places:
        given.setdefault(place.node.name, []).append(place)
        for name, inside in names_given(_recorded(place)).items():
            given.setdefault(name, []).extend(inside)
    return given


def _recorded(place: Place) -> Iterator[Place]:
    """Return the steps inside whose outputs are kept by name; a fallback's own is kept under its step's."""
    yield from _inside(place)
    if place.fallback:
        yield from _recorded(place.fallback)


def _inside(place: Place) -> Iterator[Place]:
    if place.node.kind != "map":
        for block in place.blocks.values():
            yield from block


@dataclass(frozen=True, slots=True)
class _Walk:
    names: frozenset[str]

    def sequence(
        self, places: Iterable[Place], seen: Seen, before: Place | None
    ) -> Iterator[Reading]:
        for place in places:
            yield from self.step(place, seen, before)
            _add(seen, place.node.name, [place])
            before = place

    def step(self, place: Place, seen: Seen, before: Place | None) -> Iterator[Reading]:
        yield from self.own(place, seen, before)
        if place.node.kind in _AGAIN:
            _add_all(seen, _inside(place))
        for block in place.blocks.values():
            # Only the wrapped step of a cache is surely a part of what goes on around it.
            around = seen if place.node.kind == "cache" else seen.new_child()
            yield from self.sequence(block, around, None)
        _add_all(seen, _inside(place))
        yield from self.exits(place, seen)
        if place.fallback:
            given = None if "input" in place.node.raw else before
            yield from self.step(place.fallback, seen, given)

    def own(self, place: Place, seen: Seen, before: Place | None) -> Iterator[Reading]:
        # What a step was given is `previous_step` in all its parts but `input`, which comes first.
        given = None if "input" in place.node.raw else before
        if given is before:
            yield Reading(place, "input", (), seen, before)
        for part, value in templates_of(place):
            previous = before if part == "input" else given
            yield Reading(place, part, _paths_in(value), seen, previous)
        condition = place.node.raw.get("condition_expression")
        if isinstance(condition, str):
            yield Reading(place, "condition_expression", self.paths_of(condition), seen, given)

    def exits(self, place: Place, seen: Seen) -> Iterator[Reading]:
        for part, source in exits_of(place):
            yield Reading(place, part, self.paths_of(source), seen, None)

    def paths_of(self, source: str) -> tuple[Path, ...]:
        expression = compiled_or_none(source)
        paths = [self.split(path) for path in sorted(expression.names)] if expression else []
        # Dots inside a quoted key can't be told from those between two keys.
        return tuple(path[:3] if "[" in source else path for path in paths)

    def split(self, dotted: str) -> Path:
        """Split a dotted path into its parts; a step's name may hold dots itself."""
        parts = dotted.split(".")
        if parts[0] == "steps":
            for end in range(len(parts), 2, -1):
                name = ".".join(parts[1:end])
                if name in self.names:
                    return ("steps", name, *parts[end:])
        return tuple(parts)


def exits_of(place: Place) -> Iterator[tuple[str, str]]:
    """Return the expressions that are evaluated after a round or a state, with their pointers below the step's."""
    loop, transitions = place.node.raw.get("loop"), place.node.raw.get("transitions")
    source = loop.get("exit_expression") if isinstance(loop, dict) else None
    if isinstance(source, str) and source:
        yield "loop/exit_expression", source
    for index, transition in enumerate(transitions if isinstance(transitions, list) else []):
        source = transition.get("when") if isinstance(transition, dict) else None
        if isinstance(source, str) and source:
            yield f"transitions/{index}/when", source


def compiled_or_none(source: str) -> Expression | None:
    """Return the expression of a condition, None when it doesn't compile."""
    try:
        return compiled(source, CONDITION_NAMES)
    except ExpressionError:
        return None


def _paths_in(value: JsonValue) -> tuple[Path, ...]:
    try:
        return tuple((slot.root, *slot.path) for slot in slots_of(value))
    except TemplateError:
        return ()


def _add_all(seen: Seen, places: Iterable[Place]) -> None:
    for name, more in names_given(places).items():
        _add(seen, name, more)


def _add(seen: Seen, name: str, places: Iterable[Place]) -> None:
    known = seen.get(name, ())
    seen[name] = (*known, *(place for place in places if place not in known))
