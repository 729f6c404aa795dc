"""The second gate: Python's syntax tree → our own; what isn't listed here isn't part of the language."""

import ast
from collections.abc import Callable, Mapping
from types import EllipsisType

from policy_dsl.errors import ExpressionError, Stopped
from policy_dsl.limits import MAX_DEPTH, MAX_NODES, MAX_NUMBER, MAX_PATTERNS, MAX_QUANTIFIERS
from policy_dsl.patterns import Pattern
from policy_dsl.python_tree import Place, parse_python
from policy_dsl.syntax import (
    Arithmetic,
    ArithmeticSign,
    Both,
    Call,
    Choice,
    Comparison,
    ComparisonSign,
    Either,
    Field,
    Index,
    Item,
    ListOf,
    Literal,
    Matches,
    Name,
    Negative,
    Node,
    Not,
    Quantified,
    Quantifier,
)
from policy_dsl.tokens import check_tokens
from policy_dsl.values import UNKNOWN, Unknown

_ARITHMETIC: Mapping[type[ast.operator], ArithmeticSign] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARISONS: Mapping[type[ast.cmpop], ComparisonSign] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_WORDS: Mapping[str, bool | Unknown | None] = {
    "null": None,
    "true": True,
    "false": False,
    "unknown": UNKNOWN,
}
QUANTIFIERS: Mapping[str, Quantifier] = {
    "every": "every",
    "some": "some",
    "any_of": "some",
    "none": "none",
    "count": "count",
}
_EXTRA_NODES_PER_CALL = 2  # a call takes about three times as long as another operation
_HINTS: Mapping[type[ast.AST], str] = {
    ast.Pow: "powers are left out because they explode",
    ast.Tuple: "write a list: ['a', 'b']",
}


def parse(source: str) -> Node:
    """Return the tree of the source; raises `ExpressionError`."""
    return TreeReader().parse(source)


class TreeReader:
    """Reads one expression and the conditions quoted in it, which share its limits."""

    def __init__(self) -> None:
        self._nodes = 0
        self._depth = 0
        self._level = 0
        self._patterns = 0
        self._place = Place("", 0, None)

    def parse(self, source: str, offset: int = 0, span: tuple[int, int] | None = None) -> Node:
        """Read an expression or a quoted condition that stands at `offset` of the whole, or somewhere in `span`."""
        text = source.lstrip(" \t\n")
        outer, self._place = self._place, Place(text, offset + len(source) - len(text), span)
        try:
            check_tokens(text)
            tree = parse_python(text)
        except ExpressionError as error:
            raise self._place.moved(error) from None
        node = self.read(tree)
        self._place = outer
        return node

    def read(self, node: ast.expr) -> Node:
        """Return our node for Python's."""
        reader = _READERS.get(type(node))
        if reader is None:
            raise self._refusal(node, node)
        self._nodes += 1
        self._depth += 1
        if self._nodes > MAX_NODES or self._depth > MAX_DEPTH:
            raise self._error("the expression is too complex", node)
        found = reader(self, node, *self._place.span(node))
        self._depth -= 1
        return found

    def _literal(self, node: ast.Constant, start: int, end: int) -> Node:
        value = node.value
        if isinstance(value, bytes | complex | EllipsisType):
            raise self._refusal(node, node)
        if isinstance(value, int | float) and not value <= MAX_NUMBER:
            raise self._error("the number is beyond 2**64", node)
        return Literal(start, end, value)

    def _name(self, node: ast.Name, start: int, end: int) -> Node:
        if node.id in _WORDS:
            return Literal(start, end, _WORDS[node.id])
        if node.id == "outer" and self._level:
            raise self._error("'outer' alone has no value", node, "write outer.name")
        return _named(node.id, self._level, start, end)

    def _attribute(self, node: ast.Attribute, start: int, end: int) -> Node:
        if node.attr.startswith("__"):
            raise self._error("names don't start with two underscores", node)
        if self._level and (steps := _steps_out(node.value, self._level)):
            return _named(node.attr, self._level - steps, start, end)
        return Field(start, end, self.read(node.value), node.attr)

    def _subscript(self, node: ast.Subscript, start: int, end: int) -> Node:
        return Index(start, end, self.read(node.value), self.read(node.slice))

    def _list(self, node: ast.List, start: int, end: int) -> Node:
        return ListOf(start, end, tuple(map(self.read, node.elts)))

    def _unary(self, node: ast.UnaryOp, start: int, end: int) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(start, end, self.read(node.operand))
        if isinstance(node.op, ast.USub):
            return Negative(start, end, self.read(node.operand))
        raise self._refusal(node.op, node)

    def _arithmetic(self, node: ast.BinOp, start: int, end: int) -> Node:
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise self._refusal(node.op, node)
        return Arithmetic(start, end, sign, self.read(node.left), self.read(node.right))

    def _comparison(self, node: ast.Compare, start: int, end: int) -> Node:
        signs = tuple(_COMPARISONS[type(op)] for op in node.ops if type(op) in _COMPARISONS)
        if len(signs) < len(node.ops):
            raise self._refusal(node.ops[0], node)
        if len(signs) > 1 and ("in" in signs or "not in" in signs):
            raise self._error("'in' can't be part of a chain", node, "put it in brackets")
        operands = (self.read(node.left), *map(self.read, node.comparators))
        return Comparison(start, end, signs, operands)

    def _logic(self, node: ast.BoolOp, start: int, end: int) -> Node:
        parts = tuple(map(self.read, node.values))
        return (
            Both(start, end, parts) if isinstance(node.op, ast.And) else Either(start, end, parts)
        )

    def _choice(self, node: ast.IfExp, start: int, end: int) -> Node:
        then = self.read(node.body)
        return Choice(start, end, self.read(node.test), then, self.read(node.orelse))

    def _call(self, node: ast.Call, start: int, end: int) -> Node:
        if node.keywords:
            raise self._error("arguments have no names", node)
        self._nodes += _EXTRA_NODES_PER_CALL
        if isinstance(node.func, ast.Attribute):
            arguments = (self.read(node.func.value), *map(self.read, node.args))
            return Call(start, end, f".{node.func.attr}", arguments)
        if not isinstance(node.func, ast.Name):
            raise self._error("only functions and methods can be called", node)
        if quantifier := QUANTIFIERS.get(node.func.id):
            return self._quantified(quantifier, node, start, end)
        if node.func.id == "matches":
            return self._matches(node, start, end)
        return Call(start, end, node.func.id, tuple(map(self.read, node.args)))

    def _quantified(self, quantifier: Quantifier, node: ast.Call, start: int, end: int) -> Node:
        quoted, text = self._quoted(node, f"{quantifier}(list, 'condition')")
        items = self.read(node.args[0])
        if self._level == MAX_QUANTIFIERS:
            raise self._error("too many conditions inside one another", node)
        before = self._nodes
        self._level += 1
        condition = self._condition(quoted, text)
        self._level -= 1
        level, size = self._level + 1, self._nodes - before
        return Quantified(start, end, quantifier, items, condition, level, size)

    def _matches(self, node: ast.Call, start: int, end: int) -> Node:
        quoted, text = self._quoted(node, "matches(text, 'pattern')")
        self._patterns += 1
        if self._patterns > MAX_PATTERNS:
            raise self._error(f"more than {MAX_PATTERNS} patterns", node)
        try:
            pattern = Pattern(text)
        except Stopped as stop:
            raise self._error(f"not a pattern: {stop.reason}", quoted) from None
        return Matches(start, end, self.read(node.args[0]), pattern)

    def _quoted(self, node: ast.Call, usage: str) -> tuple[ast.expr, str]:
        match node.args:
            case [_, ast.Constant(value=str(text)) as quoted]:
                return quoted, text
            case _:
                raise self._error("the second of two arguments must be a quoted text", node, usage)

    def _condition(self, quoted: ast.expr, text: str) -> Node:
        start, end = self._place.span(quoted)
        verbatim = end - start == len(text) + len("''")
        return self.parse(text, start + 1, None if verbatim else (start, end))

    def _error(self, message: str, node: ast.expr, suggestion: str = "") -> ExpressionError:
        return ExpressionError(message, self._place.span(node)[0] + 1, suggestion)

    def _refusal(self, what: ast.AST, node: ast.expr) -> ExpressionError:
        word = type(what).__name__
        return self._error(f"not part of the language ({word})", node, _HINTS.get(type(what), ""))


def _named(name: str, level: int, start: int, end: int) -> Node:
    """Return what a name means inside `level` quoted conditions: outside of all the caller's, else the item's field."""
    if level == 0:
        return Name(start, end, name)
    return (
        Item(start, end, level)
        if name == "it"
        else Field(start, end, Item(start, start, level), name)
    )


def _steps_out(node: ast.expr, level: int) -> int:
    """Count the `outer`s of `outer.outer` inside `level` quoted conditions; 0 if the node is anything else."""
    if isinstance(node, ast.Name) and node.id == "outer" and level:
        return 1
    if isinstance(node, ast.Attribute) and node.attr == "outer":
        steps = _steps_out(node.value, level)
        return steps + 1 if 0 < steps < level else 0
    return 0


_READERS: Mapping[type[ast.expr], Callable[..., Node]] = {
    ast.Constant: TreeReader._literal,
    ast.Name: TreeReader._name,
    ast.Attribute: TreeReader._attribute,
    ast.Subscript: TreeReader._subscript,
    ast.List: TreeReader._list,
    ast.UnaryOp: TreeReader._unary,
    ast.BinOp: TreeReader._arithmetic,
    ast.Compare: TreeReader._comparison,
    ast.BoolOp: TreeReader._logic,
    ast.IfExp: TreeReader._choice,
    ast.Call: TreeReader._call,
}
