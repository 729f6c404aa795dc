"""The front of the language: a source is compiled once and evaluated often."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from policy_dsl.checker import Context, check
from policy_dsl.errors import ExpressionError, Stopped
from policy_dsl.evaluator import build
from policy_dsl.explaining import Explained, explain
from policy_dsl.grammar import parse
from policy_dsl.paths import mentioned_paths
from policy_dsl.schema import Kind, RecordType, Type, fits, kind
from policy_dsl.syntax import Node
from policy_dsl.values import Failure, Scope, Value


@dataclass(frozen=True, eq=False)
class Expression:
    """One compiled expression; `type` is the type of its value as far as the schema tells."""

    source: str
    type: Type
    tree: Node = field(repr=False)
    never_equal: tuple[str, ...]
    """The comparisons of things of different kinds in it, as written: `==` on them is always false."""
    _run: Callable[[Scope], object] = field(repr=False)

    def evaluate(self, names: Mapping[str, object]) -> Value:
        """Return the value, `UNKNOWN` or a `Failure`; never raises. Values are plain JSON data or `Decimal`s."""
        try:
            return cast(Value, self._run(Scope(names)))
        except Stopped as stop:
            return Failure(stop.reason)

    def holds(self, names: Mapping[str, object]) -> bool:
        """Tell whether the value is true: neither unknown nor a failure nor anything that only looks true."""
        return self.evaluate(names) is True

    def explain(self, names: Mapping[str, object]) -> tuple[Explained, ...]:
        """Return each part that was looked at with its value, as written and in that order, the whole first."""
        return explain(self.source, self.tree, names)

    @cached_property
    def names(self) -> frozenset[str]:
        """The dotted paths it mentions: `result.score`; `result.steps.*.cost_usd` for the items of a list."""
        return mentioned_paths(self.tree)

    @property
    def constant(self) -> bool:
        """Whether it mentions no name, so that its value is always the same."""
        return not self.names


def compile_expression(source: str, schema: RecordType | None = None) -> Expression:
    """Check and compile a source; without a schema every name is of any type. Raises `ExpressionError`."""
    tree = parse(source)
    context = Context(schema)
    of_type = check(tree, context)
    never_equal = tuple(source[node.start : node.end] for node in context.never_equal)
    return Expression(source, of_type, tree, never_equal, build(tree))


def compile_condition(source: str, schema: RecordType | None = None) -> Expression:
    """Compile a source that must be true or false; raises `ExpressionError`."""
    expression = compile_expression(source, schema)
    if not fits(expression.type, Kind.BOOL):
        raise ExpressionError(f"must be true or false, not {kind(expression.type)}", 1)
    return expression
