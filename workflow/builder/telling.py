"""Problems of a workflow that was written in Python, told by step instead of by line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import JsonValue

from workflow.diagnostics.diagnostic import Diagnostic
from workflow.patches.pointer import parse_pointer
from workflow.tree import Described, list_nodes, name_of

_LINE = re.compile(r" \([^()]* line \d+\)")
_NOUNS = {"policies": "policy", "tests": "test"}


def tell_without_lines(
    problems: Iterable[Diagnostic], document: Mapping[str, JsonValue]
) -> list[Diagnostic]:
    """Return the problems with the step, agent, policy or test they are about instead of line and column."""
    return [_tell(problem, document) for problem in problems]


def _tell(problem: Diagnostic, document: Mapping[str, JsonValue]) -> Diagnostic:
    place = _find_step(document, problem.pointer) or _find_part(document, problem.pointer)
    message = _LINE.sub("", problem.message)
    told = f"{place}: {message}" if place else message
    return replace(problem, message=told, path="", line=0, column=0)


def _find_step(document: Mapping[str, JsonValue], pointer: str) -> str:
    """Name the innermost step around a place."""
    nodes = list_nodes(document, line_of=lambda _: 0, describe=lambda _: Described())
    around = [node for node in nodes if f"{pointer}/".startswith(f"{node.pointer}/")]
    return f"step {around[-1].step_id!r}" if around else ""


def _find_part(document: Mapping[str, JsonValue], pointer: str) -> str:
    section, key, *_ = (*parse_pointer(pointer), "", "")
    if section == "agents" and key:
        return f"agent {key!r}"
    items = document.get(section)
    if section not in _NOUNS or not key.isdecimal() or not isinstance(items, list):
        return ""
    item = items[int(key)]
    name = (item.get("id") or name_of(item)) if isinstance(item, dict) else key
    return f"{_NOUNS[section]} {name!r}"
