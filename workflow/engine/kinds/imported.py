"""An imported workflow: its steps see the step's input as that of a run, and nothing else of what is around them."""

from pydantic import JsonValue

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.program import Imported


async def run_imported(imported: Imported, enclosure: Enclosure) -> JsonValue:
    """Run the imported steps; the output is that of the last one."""
    scope, data = enclosure.enter(), enclosure.data
    scope.run_input = data
    scope.context = dict(data) if isinstance(data, dict) else {}
    scope.steps = {}
    scope.this = None
    return await enclosure.run(imported.body, scope)
