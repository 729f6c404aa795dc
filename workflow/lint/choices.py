"""A conditional must be able to choose each of its branches."""

from collections.abc import Iterator, Mapping

import orjson
from pydantic import JsonValue

from policy_dsl import BOOL, Expression
from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding, did_you_mean
from workflow.lint.order import outputs_read
from workflow.lint.outputs import Giver, look_into_all
from workflow.lint.readings import Reading, compiled_or_none
from workflow.lint.shapes import values_of
from workflow.patches.pointer import format_pointer

_TRUTHS = frozenset({"true", "false"})


def check_choice(reading: Reading, giver: Giver) -> Iterator[Finding]:
    """Find branches that no value of the condition names, and conditions with only one value."""
    raw = reading.place.node.raw
    branches, source = raw.get("branches"), raw.get("condition_expression")
    if reading.part != "condition_expression" or not isinstance(branches, dict):
        return
    expression = compiled_or_none(str(source))
    if expression is None:
        return
    if expression.constant:
        yield _constant(reading, expression)
        return
    choices = _choices(reading, expression, giver)
    if choices is not None:
        yield from _find_unreachable(reading, branches, choices)


def _constant(reading: Reading, expression: Expression) -> Finding:
    return Finding(
        "constant-condition",
        reading.pointer,
        f"{expression.source!r} is the same in every run: only one branch ever runs",
        "mention what it depends on, or put that branch's steps in its place",
        Severity.WARNING,
    )


def _find_unreachable(
    reading: Reading, branches: Mapping[str, JsonValue], choices: frozenset[str]
) -> Iterator[Finding]:
    default = reading.place.node.raw.get("default_branch")
    for name in branches:
        if name not in choices and name != default:
            known = f"the condition gives {', '.join(sorted(choices))}"
            yield Finding(
                "unreachable-branch",
                reading.place.node.pointer + format_pointer(["branches", name]),
                f"branch {name!r} is never chosen",
                did_you_mean(name, choices - branches.keys()) or known,
                Severity.WARNING,
            )


def _choices(reading: Reading, expression: Expression, giver: Giver) -> frozenset[str] | None:
    """Return the names a condition may give, None when that isn't known."""
    if expression.type is BOOL:
        return _TRUTHS
    if expression.names != {expression.source.strip()}:
        return None
    source = outputs_read(reading, reading.paths[0], giver)
    outputs = look_into_all(*source) if source else ()
    listed = [values_of(schema) for schema in outputs]
    if not listed or None in listed:
        return None
    return frozenset(_name_of(value) for values in listed if values for value in values)


def _name_of(value: JsonValue) -> str:
    """Return the branch a value names, as the engine reads it."""
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()
