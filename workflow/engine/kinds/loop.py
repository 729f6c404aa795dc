"""`loop`: its body again and again, each round fed with what the one before gave."""

from pydantic import JsonValue

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.program import Loop


async def run_loop(loop: Loop, enclosure: Enclosure) -> JsonValue:
    """Run the body until the exit expression holds or `max_loops` is reached; the output is the last round's."""
    output = enclosure.data
    for iteration in range(1, loop.max_loops + 1):
        scope = enclosure.enter(iteration=iteration)
        scope.previous = output
        output = await enclosure.run(loop.body, scope)
        if loop.exit_expression and enclosure.evaluate(loop.exit_expression, scope) is True:
            break
    return output
