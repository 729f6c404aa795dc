"""`map`: its body once per item of a list, one after the other."""

from pydantic import JsonValue

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.program import Map
from workflow.templates import render


async def run_map(mapping: Map, enclosure: Enclosure) -> JsonValue:
    """Run the body for each item; the output is the list of outputs, in the items' order."""
    outputs: list[JsonValue] = []
    for iteration, item in enumerate(_items_of(mapping, enclosure), start=1):
        scope = enclosure.enter(iteration=iteration)
        scope.previous = scope.this = item
        scope.steps = dict(enclosure.scope.steps)
        outputs.append(await enclosure.run(mapping.body, scope))
    return outputs


def _items_of(mapping: Map, enclosure: Enclosure) -> list[JsonValue]:
    items = render(mapping.iterable, enclosure.enter().names)
    if isinstance(items, str):
        # A bare name is a key of the context, as in the public format.
        items = enclosure.scope.context.get(items.removeprefix("context."))
    if not isinstance(items, list):
        enclosure.fail(f"iterable_input {mapping.iterable!r} gives no list")
    return items
