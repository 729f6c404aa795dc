"""`conditional`: the value of its expression names the branch that runs."""

import orjson
from pydantic import JsonValue

from policy_dsl import Value
from workflow.engine.kinds.enclosure import Enclosure
from workflow.engine.program import Conditional


async def run_conditional(conditional: Conditional, enclosure: Enclosure) -> JsonValue:
    """Run the chosen branch, else the default one; its output is the branch's."""
    chosen = _name_of(enclosure.evaluate(conditional.condition, enclosure.enter()))
    name = chosen if chosen in conditional.branches else conditional.default_branch
    if name not in conditional.branches:
        known = ", ".join(conditional.branches)
        enclosure.fail(
            f"the condition gave {chosen or 'nothing'!r}; branches are {known}, and no default_branch"
        )
    return await enclosure.run(conditional.branches[name], enclosure.enter(branch=name))


def _name_of(value: Value) -> str:
    """Write a value as the name of a branch: texts as they are, the rest as JSON; unknown is no name."""
    if isinstance(value, str):
        return value
    plain = isinstance(value, bool | int | float | list | dict)
    return orjson.dumps(value).decode() if plain else ""
