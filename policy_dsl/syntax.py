"""The tree of an expression: the only things the checker and the evaluator ever see, none of them Python's.

`start` and `end` are character offsets into the source. Nobody changes a node once it is read; they aren't frozen,
because making frozen ones takes a tenth of compiling an expression.
"""

from dataclasses import dataclass
from typing import Literal as OneOf

from pydantic import JsonValue

from policy_dsl.patterns import Pattern
from policy_dsl.values import Unknown

ArithmeticSign = OneOf["+", "-", "*", "/", "//", "%"]
ComparisonSign = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Quantifier = OneOf["every", "some", "none", "count"]


@dataclass(slots=True)
class Node:
    """Any part of an expression."""

    start: int
    end: int


@dataclass(slots=True)
class Literal(Node):
    """A value written down: `0.9`, `'roses'`, `true`, `null`, `unknown`."""

    value: JsonValue | Unknown


@dataclass(slots=True)
class Name(Node):
    """A name the caller gives a value."""

    name: str


@dataclass(slots=True)
class Item(Node):
    """The list item a quoted condition is about; `level` counts the quantifiers around it from 1."""

    level: int


@dataclass(slots=True)
class Field(Node):
    """`owner.name`"""

    owner: Node
    name: str


@dataclass(slots=True)
class Index(Node):
    """`owner[index]`"""

    owner: Node
    index: Node


@dataclass(slots=True)
class ListOf(Node):
    """`[a, b]`"""

    items: tuple[Node, ...]


@dataclass(slots=True)
class Negative(Node):
    """`-operand`"""

    operand: Node


@dataclass(slots=True)
class Arithmetic(Node):
    """`left + right` and the like."""

    sign: ArithmeticSign
    left: Node
    right: Node


@dataclass(slots=True)
class Comparison(Node):
    """`first <= second < third`: one sign fewer than operands."""

    signs: tuple[ComparisonSign, ...]
    operands: tuple[Node, ...]


@dataclass(slots=True)
class Not(Node):
    """`not operand`"""

    operand: Node


@dataclass(slots=True)
class Both(Node):
    """`a and b and c`"""

    parts: tuple[Node, ...]


@dataclass(slots=True)
class Either(Node):
    """`a or b or c`"""

    parts: tuple[Node, ...]


@dataclass(slots=True)
class Choice(Node):
    """`then if condition else otherwise`"""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True)
class Call(Node):
    """`function(arguments)`, or `argument.function(arguments)` for a method: its text or map is the first argument."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(slots=True)
class Matches(Node):
    """`matches(text, 'pattern')`"""

    text: Node
    pattern: Pattern


@dataclass(slots=True)
class Quantified(Node):
    """`every(items, 'condition')`, its item being `Item(level)` inside the condition."""

    quantifier: Quantifier
    items: Node
    condition: Node
    level: int
    size: int


def parts_of(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below, in the order they are written."""
    match node:
        case Field(owner=owner):
            return (owner,)
        case Index(owner=owner, index=index):
            return (owner, index)
        case Negative(operand=operand) | Not(operand=operand):
            return (operand,)
        case Arithmetic(left=left, right=right):
            return (left, right)
        case Comparison(operands=parts) | ListOf(items=parts) | Call(arguments=parts):
            return parts
        case Both(parts=parts) | Either(parts=parts):
            return parts
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return (then, condition, otherwise)
        case Matches(text=text):
            return (text,)
        case Quantified(items=items, condition=condition):
            return (items, condition)
        case _:
            return ()
