"""The kinds that run."""

from pydantic import JsonValue

from workflow.engine.kinds.cached import run_cached
from workflow.engine.kinds.conditional import run_conditional
from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.kinds.imported import run_imported
from workflow.engine.kinds.loop import run_loop
from workflow.engine.kinds.map import run_map
from workflow.engine.kinds.parallel import run_parallel
from workflow.engine.kinds.router import run_router
from workflow.engine.kinds.state_machine import run_state_machine
from workflow.engine.program import (
    Cached,
    Conditional,
    Container,
    Imported,
    Loop,
    Map,
    Parallel,
    Router,
    StateMachine,
)


async def run_container(container: Container, enclosure: Enclosure) -> JsonValue:
    """Run a container and return its output; raises the `StepFailedError` of the step that failed."""
    match container:
        case Conditional():
            return await run_conditional(container, enclosure)
        case Parallel():
            return await run_parallel(container, enclosure)
        case Loop():
            return await run_loop(container, enclosure)
        case Map():
            return await run_map(container, enclosure)
        case Cached():
            return await run_cached(container, enclosure)
        case Imported():
            return await run_imported(container, enclosure)
        case Router():
            return await run_router(container, enclosure)
        case StateMachine():
            return await run_state_machine(container, enclosure)
