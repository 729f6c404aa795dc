"""What each step of a workflow reads and what it leaves in the context: who would notice if it ran elsewhere, or not.

Whatever can't be told from the text is told on the safe side: a function of the user's may read all of the context, and
a name in a test, a policy or the score may be any step that bears it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from workflow.lint.blocks import Place, arrange
from workflow.lint.readings import Reading, read_all
from workflow.load import Workflow
from workflow.nodes import StepNode

_OWN: Final = ("agents.", "imports.", "flujo.")
"""How references begin that read nothing but their input."""
_OPAQUE: Final = frozenset({"agentic_loop", "tree_search"})
_FUNCTIONS: Final = (("condition",), ("loop", "exit_condition"), ("router", "router_agent"))


@dataclass(slots=True)
class _Reads:
    steps: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    everything: bool = False


@dataclass(frozen=True, slots=True)
class StepFlow:
    """What a step, without those inside it, may read, and the keys of the context that it sets.

    `reads` are `step_id`s; `keys` are those of the context. Where `reads_context` it may read any key, where
    `writes_context` it may set any.
    """

    reads: frozenset[str]
    keys: frozenset[str]
    reads_context: bool
    sets: frozenset[str]
    writes_context: bool


@dataclass(frozen=True)
class DataFlow:
    """The flow of every step, by `step_id`; `mentioned` are those that tests, policies or the score may look at."""

    steps: Mapping[str, StepFlow]
    mentioned: frozenset[str]
    _nodes: tuple[StepNode, ...]

    def inside(self, step_id: str) -> list[str]:
        """Return a step and all steps inside it."""
        return [step_id, *self._below.get(step_id, ())]

    def depends(self, later: str, earlier: str) -> bool:
        """Whether a step, or one inside it, may notice what an earlier one of the same block gave or left behind."""
        givers = set(self.inside(earlier))
        flows = [self.steps[step_id] for step_id in self.inside(later)]
        left = [self.steps[step_id] for step_id in givers]
        if any(flow.reads & givers for flow in flows):
            return True
        return any(_sees(reader, writer) for reader in flows for writer in left)

    def readers(self, step_id: str) -> list[str]:
        """Return the steps outside of it that may read what it, or a step inside it, gave or left in the context."""
        givers = set(self.inside(step_id))
        left = [self.steps[giver] for giver in givers]
        return [
            other
            for other, flow in self.steps.items()
            if other not in givers
            and (flow.reads & givers or any(_sees(flow, writer) for writer in left))
        ]

    def ends_block(self, step_id: str) -> bool:
        """Whether it is the last of its block: what it gives is what the block gives."""
        return step_id in self._last

    @cached_property
    def _below(self) -> Mapping[str, list[str]]:
        below: dict[str, list[str]] = {}
        parents = {node.step_id: node.parent_id for node in self._nodes}
        for node in self._nodes:
            around = node.parent_id
            while around:
                below.setdefault(around, []).append(node.step_id)
                around = parents[around]
        return below

    @cached_property
    def _last(self) -> frozenset[str]:
        ends = {(node.parent_id, node.branch): node.step_id for node in self._nodes}
        fallbacks = {node.step_id for node in self._nodes if node.pointer.endswith("/fallback")}
        return frozenset(ends.values()) | fallbacks


def read_data_flow(workflow: Workflow) -> DataFlow:
    """Return what flows where in one version; linear in what the steps mention."""
    top = arrange(workflow.nodes)
    places = list(_walk(top))
    names = frozenset(node.name for node in workflow.nodes)
    reads = {place.node.step_id: _Reads() for place in places}
    for reading in read_all(top, names):
        _note(reading, reads[reading.place.node.step_id])
    flows = {place.node.step_id: _flow(place, reads[place.node.step_id]) for place in places}
    return DataFlow(flows, _find_mentioned(workflow), workflow.nodes)


def _walk(places: list[Place]) -> Iterator[Place]:
    for place in places:
        yield place
        yield from _walk([*place.inside])


def _note(reading: Reading, reads: _Reads) -> None:
    is_implicit = not reading.paths and reading.part == "input" and "input" not in _raw(reading)
    for path in (("previous_step",),) if is_implicit else reading.paths:
        match path:
            case ("previous_step", *_):
                # Where that isn't certain it is what the container around was given.
                if reading.before is not None:
                    reads.steps.add(reading.before.node.step_id)
            case ("steps", str(name), *_) if name != "*":
                reads.steps.update(place.node.step_id for place in reading.seen.get(name, ()))
            case ("steps", *_):
                for places in reading.seen.values():
                    reads.steps.update(place.node.step_id for place in places)
            case ("context", str(key), *_) if key != "*":
                reads.keys.add(key)
            case ("context", *_):
                reads.everything = True


def _raw(reading: Reading) -> Mapping[str, JsonValue]:
    return reading.place.node.raw


def _flow(place: Place, reads: _Reads) -> StepFlow:
    raw, node = place.node.raw, place.node
    sink = raw.get("sink_to")
    iterable = raw.get("map")
    if isinstance(iterable, dict) and isinstance(iterable.get("iterable_input"), str):
        # A bare name is a key of the context.
        reads.keys.add(str(iterable["iterable_input"]).removeprefix("context."))
    return StepFlow(
        reads=frozenset(reads.steps),
        keys=frozenset(reads.keys),
        reads_context=reads.everything or _may_see_context(node),
        sets=frozenset({sink} if isinstance(sink, str) and sink else ()),
        writes_context=bool(raw.get("updates_context")) or node.kind in _OPAQUE,
    )


def _may_see_context(node: StepNode) -> bool:
    if node.kind in _OPAQUE:
        return True
    if node.uses and not node.uses.startswith(_OWN):
        return True
    return any(_dig(node.raw, path) for path in _FUNCTIONS)


def _dig(raw: Mapping[str, JsonValue], path: tuple[str, ...]) -> bool:
    """Whether a function of the user's stands there."""
    value: JsonValue = dict(raw)
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return isinstance(value, str) and not value.startswith(_OWN)


def _sees(reader: StepFlow, writer: StepFlow) -> bool:
    writes = bool(writer.sets) or writer.writes_context
    if not writes:
        return False
    if reader.reads_context or (writer.writes_context and reader.keys):
        return True
    return bool(reader.keys & writer.sets)


def _find_mentioned(workflow: Workflow) -> frozenset[str]:
    document = workflow.document
    parts = [document.get("tests"), document.get("policies"), document.get("score")]
    texts = list(_texts_in(parts))
    whole = any("result.steps" in text or "result.path" in text for text in texts)
    return frozenset(
        node.step_id
        for node in workflow.nodes
        if whole or any(node.name in text or node.step_id in text for text in texts)
    )


def _texts_in(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts_in(item)
