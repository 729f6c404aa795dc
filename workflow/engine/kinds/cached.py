"""`cache`: a step in a place of its own; that it remembers is a matter of each attempt at it."""

from pydantic import JsonValue

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.program import Cached


async def run_cached(cached: Cached, enclosure: Enclosure) -> JsonValue:
    """Run the wrapped step, or recall it; the output is its."""
    return await enclosure.run(cached.body, enclosure.enter())
