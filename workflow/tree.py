"""Where the steps of a document are: every step at every depth, with its identity and position."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from workflow.nodes import SideEffects, StepNode
from workflow.patches.pointer import format_pointer, yaml_path_of

Parts = tuple[str | int, ...]
_NO_FIELDS: dict[str, JsonValue] = {}


@dataclass(frozen=True, slots=True)
class _Place:
    """A step as found in the document, before anything is known about what it runs."""

    parts: Parts
    raw: dict[str, JsonValue]
    branch: str


@dataclass(frozen=True, slots=True)
class Described:
    """What a step runs: its reference, the model behind it, and what running it again may do."""

    uses: str = ""
    model: str = ""
    side_effects: SideEffects = SideEffects.UNKNOWN


def list_nodes(
    document: Mapping[str, JsonValue],
    *,
    line_of: Callable[[str], int],
    describe: Callable[[Mapping[str, JsonValue]], Described],
) -> tuple[StepNode, ...]:
    """Return every step in document order, parents before children; steps without a name are skipped."""

    def walk(places: Iterator[_Place], parent: str) -> Iterator[StepNode]:
        for place in places:
            name = name_of(place.raw)
            if not name:
                continue
            step_id = _join(parent, place.branch, name)
            what = describe(place.raw)
            pointer = format_pointer(place.parts)
            yield StepNode(
                step_id=step_id,
                kind=kind_of(place.raw),
                pointer=pointer,
                yaml_path=yaml_path_of(place.parts),
                line=line_of(pointer),
                parent_id=parent,
                branch=place.branch,
                uses=what.uses,
                model=what.model,
                side_effects=what.side_effects,
                raw=place.raw,
            )
            yield from walk(_children(place.raw, place.parts), step_id)

    return tuple(walk(_sequence(document.get("steps"), ("steps",), ""), ""))


def name_of(raw: Mapping[str, JsonValue]) -> str:
    """Return the name a step bears, `""` when it has none."""
    name = raw.get("name", raw.get("step"))
    return name if isinstance(name, str) else ""


def kind_of(raw: Mapping[str, JsonValue]) -> str:
    """Return the kind of a step; an absent `kind` means `step`."""
    kind = raw.get("kind", "step")
    return kind if isinstance(kind, str) else "step"


def uses_of(raw: Mapping[str, JsonValue]) -> str:
    """Return the reference a step runs, whether written as `uses:` or as `agent:`."""
    uses, agent = raw.get("uses"), raw.get("agent")
    if isinstance(agent, dict):
        agent = agent.get("id")
    chosen = uses if isinstance(uses, str) else agent
    return chosen if isinstance(chosen, str) else ""


def _children(raw: dict[str, JsonValue], parts: Parts) -> Iterator[_Place]:
    match kind_of(raw):
        case "conditional" | "parallel":
            yield from _branches(raw.get("branches"), (*parts, "branches"))
        case "StateMachine":
            yield from _branches(raw.get("states"), (*parts, "states"))
        case "loop" | "map" as kind:
            inner = _fields(raw.get(kind))
            yield from _sequence(inner.get("body"), (*parts, kind, "body"), "")
        case "dynamic_router":
            inner = _fields(raw.get("router"))
            yield from _branches(inner.get("branches"), (*parts, "router", "branches"))
        case "cache":
            yield from _one(raw.get("wrapped_step"), (*parts, "wrapped_step"), "")
        case _:
            yield from _one(raw.get("fallback"), (*parts, "fallback"), "")


def _branches(branches: JsonValue, parts: Parts) -> Iterator[_Place]:
    for name, branch in _fields(branches).items():
        yield from _branch(branch, (*parts, name), name)


def _branch(branch: JsonValue, parts: Parts, name: str) -> Iterator[_Place]:
    if isinstance(branch, list):
        yield from _sequence(branch, parts, name)
    elif isinstance(branch, dict) and "steps" in branch:
        yield from _sequence(branch["steps"], (*parts, "steps"), name)
    else:
        yield from _one(branch, parts, name)


def _sequence(steps: JsonValue, parts: Parts, branch: str) -> Iterator[_Place]:
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            yield from _one(step, (*parts, index), branch)


def _one(step: JsonValue, parts: Parts, branch: str) -> Iterator[_Place]:
    if isinstance(step, dict):
        yield _Place(parts, step, branch)


def _fields(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else _NO_FIELDS


def _join(parent: str, branch: str, name: str) -> str:
    segments = [part.replace("~", "~0").replace("/", "~1") for part in (branch, name) if part]
    return "/".join([parent, *segments] if parent else segments)
