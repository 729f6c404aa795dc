"""`dynamic_router`: its chooser names branches, and they run at once."""

from pydantic import JsonValue

from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.kinds.parallel import run_parallel
from workflow.engine.program import Parallel, Router


async def run_router(router: Router, enclosure: Enclosure) -> JsonValue:
    """Run the chosen branches; the output maps their names, in the order chosen, to what they gave."""
    scope = enclosure.enter()
    # The chooser is no step of the spec: no template should find it by its name.
    scope.steps = dict(scope.steps)
    chosen = _names_in(await enclosure.run((router.chooser,), scope))
    unknown = [name for name in chosen if name not in router.branches]
    if unknown or chosen is _NO_NAMES:
        known = ", ".join(router.branches)
        what = repr(unknown[0]) if unknown else "neither a name nor a list of names"
        enclosure.fail(f"the router gave {what}; branches are {known}")
    branches = {name: router.branches[name] for name in chosen}
    return await run_parallel(Parallel(branches), enclosure)


_NO_NAMES: list[str] = []


def _names_in(answer: JsonValue) -> list[str]:
    """Read one name or a list of them, each taken once; `_NO_NAMES` for anything else."""
    named = answer if isinstance(answer, list) else [answer]
    names = [name.strip() for name in named if isinstance(name, str)]
    return list(dict.fromkeys(names)) if len(names) == len(named) else _NO_NAMES
