"""The facts of a finished run that an expression speaks about; those that take work are found only if it asks."""

from collections.abc import Iterable

from pydantic import JsonValue

from workflow.engine.result import RunResult
from workflow.governance.personal_data import find_personal_data

_ANY_FACT = ("result", "result.*")


def facts_about(result: RunResult, mentioned: Iterable[str]) -> dict[str, JsonValue]:
    """Return the result as plain data; `mentioned` are the dotted names of what will be asked of it."""
    facts = result.facts()
    if any(name in _ANY_FACT or name.startswith("result.pii") for name in mentioned):
        facts["pii"] = [kind.value for kind in find_personal_data(result.output)]
    return facts
