"""What a user's skill declares about itself, read from its source without running it."""

import ast
import warnings
from collections.abc import Mapping
from functools import lru_cache

from workflow.nodes import SideEffects


def read_side_effects(source: str, function: str) -> SideEffects | None:
    """Return what `@skill(side_effects=…)` declares for a top-level function; None when there's no such function.

    Undeclared, or declared in a way that can't be read statically, is `UNKNOWN`. Raises `SyntaxError`.
    """
    return _read_all(source).get(function)


@lru_cache(maxsize=64)
def _read_all(source: str) -> Mapping[str, SideEffects]:
    """Return what every top-level function declares; of two with one name the last one counts, as in Python."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # what Python thinks of the user's escapes isn't ours to say
        body = ast.parse(source).body
    functions = (node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name: _declared(node) for node in functions}


def _declared(node: ast.FunctionDef | ast.AsyncFunctionDef) -> SideEffects:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _last_name(decorator.func) == "skill":
            for keyword in decorator.keywords:
                if keyword.arg == "side_effects" and isinstance(keyword.value, ast.Constant):
                    return _parse(keyword.value.value)
    return SideEffects.UNKNOWN


def _parse(value: object) -> SideEffects:
    known = isinstance(value, str) and value in set(SideEffects)
    return SideEffects(str(value)) if known else SideEffects.UNKNOWN


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
