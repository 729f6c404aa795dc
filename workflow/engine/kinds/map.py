"""`map`: its body once per item of a list, as many items at once as it allows."""

from collections.abc import Mapping

from pydantic import JsonValue

from workflow.engine.kinds.at_once import Job, run_at_once
from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.kinds.merging import take_over
from workflow.engine.program import Map
from workflow.engine.scope import Scope
from workflow.templates import render


async def run_map(mapping: Map, enclosure: Enclosure) -> JsonValue:
    """Run the body for each item; the output is the list of outputs, in the items' order.

    One after the other, items share the context. At once, each works on a copy of it, and when all have ended what
    they have set is taken over in the items' order.
    """
    items = _items_of(mapping, enclosure)
    around, shares = enclosure.scope, mapping.max_concurrency == 1
    lanes = around.visits.split(len(items))
    scopes: dict[int, Scope] = {}
    outputs: dict[int, JsonValue] = {}

    def job_of(number: int) -> Job:
        async def job() -> None:
            scope = _enter(enclosure, number, items[number])
            scope.visits = lanes[number]
            if not shares:
                scope.context = dict(around.context)
                scopes[number] = scope
            outputs[number] = await enclosure.run(mapping.body, scope)

        return job

    numbers = range(len(items))
    try:
        await run_at_once([job_of(number) for number in numbers], mapping.max_concurrency)
    finally:
        around.visits.join(lanes)
    _merge(around.context, [scopes[number] for number in sorted(scopes)])
    return [outputs[number] for number in numbers]


def _enter(enclosure: Enclosure, number: int, item: JsonValue) -> Scope:
    scope = enclosure.enter(iteration=number + 1)
    scope.previous = scope.this = item
    scope.steps = dict(enclosure.scope.steps)
    return scope


def _merge(context: dict[str, JsonValue], scopes: list[Scope]) -> None:
    before: Mapping[str, JsonValue] = dict(context)
    for scope in scopes:
        take_over(context, scope.context, before)


def _items_of(mapping: Map, enclosure: Enclosure) -> list[JsonValue]:
    items = render(mapping.iterable, enclosure.enter().names)
    if isinstance(items, str):
        # A bare name is a key of the context, as in the public format.
        items = enclosure.scope.context.get(items.removeprefix("context."))
    if not isinstance(items, list):
        enclosure.fail(f"iterable_input {mapping.iterable!r} gives no list")
    return items
