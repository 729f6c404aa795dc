"""Branches of a parallel that merge their contexts must not write the same key: all but one value would be lost."""

from collections.abc import Iterable, Iterator

from workflow.diagnostics.findings import Finding
from workflow.lint.blocks import Place
from workflow.lint.draft import Draft
from workflow.lint.outputs import Giver

_MAYBE = frozenset({"conditional", "dynamic_router", "StateMachine"})


def check_contexts(draft: Draft) -> Iterator[Finding]:
    """Find keys of the context that two branches of one parallel surely write."""
    giver = Giver(draft.spec.agents)
    for place in draft.places:
        if place.node.kind == "parallel" and _merges(place):
            yield from _compare(place, giver)


def _compare(parallel: Place, giver: Giver) -> Iterator[Finding]:
    writers: dict[str, str] = {}
    for branch, block in parallel.blocks.items():
        # A key may be written several times within one branch: those are one after the other.
        for key, pointer in dict(_written(block, giver)).items():
            first = writers.setdefault(key, branch)
            if first != branch:
                yield Finding(
                    "context-conflict",
                    pointer,
                    f"branches {first!r} and {branch!r} of {parallel.node.name!r} both set context.{key}: "
                    "one of the values is lost",
                    "give each branch a key of its own",
                )


def _written(block: Iterable[Place], giver: Giver) -> Iterator[tuple[str, str]]:
    """Return the keys of the context that every run of a block sets, and where it says so."""
    for place in block:
        yield from _written_by(place, giver)
        kind = place.node.kind
        if kind not in _MAYBE and (kind != "parallel" or _merges(place)):
            for inner in place.blocks.values():
                yield from _written(inner, giver)


def _written_by(place: Place, giver: Giver) -> Iterator[tuple[str, str]]:
    raw, pointer = place.node.raw, place.node.pointer
    sink = raw.get("sink_to")
    if isinstance(sink, str) and sink:
        yield sink.removeprefix("context."), f"{pointer}/sink_to"
    outputs = giver.outputs_of(place) if raw.get("updates_context") is True else ()
    for schema in outputs[:1]:
        properties = schema.get("properties")
        for key in properties if isinstance(properties, dict) else ():
            yield key, f"{pointer}/updates_context"


def _merges(place: Place) -> bool:
    return place.node.raw.get("merge_strategy") == "context_update"
