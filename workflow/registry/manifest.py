"""What a skill declares about itself: what it takes, gives and does; a user's is read without running it."""

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from pydantic import JsonValue

from workflow.calls import Declaration, declare
from workflow.nodes import SideEffects
from workflow.registry.annotations import AnnotationReader, Schema, last_name, open_module

GIVEN_BY_THE_ENGINE = frozenset({"context"})
"""Parameters that the engine fills by their name; a spec doesn't write them."""

_DECLARED = ("side_effects", "cost_usd", "latency_ms")
_KEEP_THE_SIGNATURE = frozenset({"skill", "cache", "lru_cache"})


@dataclass(frozen=True, slots=True)
class SkillManifest:
    """A skill as a caller has to know it; schemas are JSON Schema, `{}` is anything.

    `params_schema` is an object's: `properties` in their order, the `required` ones, and whether there may be others.
    """

    reference: str
    summary: str = ""
    side_effects: SideEffects = SideEffects.UNKNOWN
    input_schema: Mapping[str, JsonValue] = field(default_factory=dict, hash=False)
    output_schema: Mapping[str, JsonValue] = field(default_factory=dict, hash=False)
    params_schema: Mapping[str, JsonValue] = field(default_factory=dict, hash=False)
    cost_usd: Decimal | None = None
    latency_ms: float | None = None

    @property
    def is_deterministic(self) -> bool:
        """Whether the same input always gives the same output: what `pure` promises."""
        return self.side_effects is SideEffects.PURE


@lru_cache(maxsize=1024)
def read_manifest(source: str, reference: str, function: str) -> SkillManifest | None:
    """Return what a module's source says of a top-level function; None when there's no such function.

    What isn't declared, or not in a way that can be read, is unknown. Raises `SyntaxError`.
    """
    module, functions = _read_module(source)
    node = functions.get(function)
    return None if node is None else _describe(reference, node, module)


_Function = ast.FunctionDef | ast.AsyncFunctionDef


@lru_cache(maxsize=64)
def _read_module(source: str) -> tuple[AnnotationReader, Mapping[str, _Function]]:
    """Return a module's top-level functions; of two with one name the last one counts, as in Python."""
    with warnings.catch_warnings():
        # What Python thinks of the user's escapes isn't ours to say.
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    functions = {node.name: node for node in tree.body if isinstance(node, _Function)}
    return open_module(tree), functions


def _describe(reference: str, node: _Function, module: AnnotationReader) -> SkillManifest:
    declared = _read_declaration(node)
    known = all(_decorator_name(one) in _KEEP_THE_SIGNATURE for one in node.decorator_list)
    data = [*node.args.posonlyargs, *node.args.args][:1]
    return SkillManifest(
        reference,
        (ast.get_docstring(node) or "").partition("\n")[0],
        declared.side_effects,
        module.read(data[0].annotation) if known and data else {},
        module.read(node.returns) if known else {},
        _read_params(node.args, module) if known else {},
        declared.cost_usd,
        declared.latency_ms,
    )


def _read_params(args: ast.arguments, module: AnnotationReader) -> Schema:
    positional = [*args.posonlyargs, *args.args]
    first_default = len(positional) - len(args.defaults)
    params = (*positional[1:], *args.kwonlyargs)
    # A keyword-only one without a default may be a resource of the run: only the others are surely the spec's to give.
    required = [arg.arg for arg in positional[1:first_default]]
    return {
        "type": "object",
        "properties": {
            arg.arg: module.read(arg.annotation)
            for arg in params
            if arg.arg not in GIVEN_BY_THE_ENGINE
        },
        "required": [name for name in required if name not in GIVEN_BY_THE_ENGINE],
        "additionalProperties": args.kwarg is not None,
    }


def _read_declaration(node: _Function) -> Declaration:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _decorator_name(decorator) == "skill":
            words = {word.arg: word.value for word in decorator.keywords}
            try:
                return declare(*(_constant(words.get(name)) for name in _DECLARED))
            except ValueError:
                break
    return Declaration()


def _constant(value: ast.expr | None) -> object:
    """Return what is written out; `Decimal("0.1")` counts as written out."""
    if isinstance(value, ast.Call) and last_name(value.func) == "Decimal" and value.args:
        value = value.args[0]
    return value.value if isinstance(value, ast.Constant) else None


def _decorator_name(decorator: ast.expr) -> str:
    return last_name(decorator.func if isinstance(decorator, ast.Call) else decorator)
