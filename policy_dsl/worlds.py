"""What a set of conditions can be together: a finite search that proves “never true”, “always true”, “never both”.

Every term that is compared with written-down values (`result.score >= 0.9`) takes each of those values, one between
each two of them, one beyond either end, one of another kind, and it may be unknown or fail; these stand for all values
it can have. Whatever the search doesn't understand may be anything. So it imagines at least the worlds there are, and
what it finds in all of them is proven, the budget of steps aside.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise, product
from math import prod

from policy_dsl.errors import Stopped
from policy_dsl.evaluator import Evaluate, build, build_with
from policy_dsl.expression import Expression
from policy_dsl.operators import is_missing
from policy_dsl.paths import mentioned_paths
from policy_dsl.syntax import (
    Both,
    Choice,
    Comparison,
    ComparisonSign,
    Either,
    ListOf,
    Literal,
    Negative,
    Node,
    Not,
)
from policy_dsl.values import NUMBERS, UNKNOWN, Failure, Scope

_MAX_WORLDS = 4_000

_FAILURE = Failure("")

Outcome = tuple[object, ...]


def outcomes(*expressions: Expression) -> frozenset[Outcome] | None:
    """Return every combination of values the conditions may have at once, or nothing if there are too many worlds."""
    terms = _Terms()
    runs = [terms.build(expression) for expression in expressions]
    domains = terms.domains()
    if prod(map(len, domains)) > _MAX_WORLDS:
        return None
    worlds = (dict(zip(terms.seen, values, strict=True)) for values in product(*domains))
    return frozenset(tuple(_value(run, world) for run in runs) for world in worlds)


def _value(run: Evaluate, world: dict[str, object]) -> object:
    try:
        value = run(Scope(world))
    except Stopped:
        return _FAILURE
    if is_missing(value):
        return UNKNOWN
    return value if isinstance(value, bool) else _FAILURE


class _Terms:
    """The terms of some conditions, by their text, each with the values it is compared with."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, object]] = {}
        self._source = ""

    def build(self, expression: Expression) -> Evaluate:
        """Return the closure of a condition that finds the values of its terms among the names."""
        self._source = expression.source
        return self._condition(expression.tree)

    def domains(self) -> list[list[object]]:
        """Return the values of each term, in the order of `seen`."""
        return [_domain(list(values.values())) for values in self.seen.values()]

    def _condition(self, node: Node) -> Evaluate:
        if not mentioned_paths(node):
            return build(node)
        match node:
            case Both() | Either() | Not() | Choice():
                return build_with(node, self._condition)
            case Comparison() if (tests := _tests(node)) is not None:
                for term, values in tests:
                    self._learn(term, values)
                return build_with(node, self._operand)
            case _:
                return self._learn(node, (True, False))

    def _operand(self, node: Node) -> Evaluate:
        return self._learn(node, ()) if mentioned_paths(node) else build(node)

    def _learn(self, term: Node, values: Iterable[object]) -> Evaluate:
        text = self._source[term.start : term.end]
        self.seen.setdefault(text, {}).update((repr(value), value) for value in values)

        def read(scope: Scope) -> object:
            value = scope.names[text]
            if value is _FAILURE:
                raise Stopped("")
            return value

        return read


def _tests(node: Comparison) -> list[tuple[Node, Sequence[object]]] | None:
    """Return each term with the values it is compared with; nothing if the search doesn't understand one of them."""
    tests = []
    for sign, (left, right) in zip(node.signs, pairwise(node.operands), strict=True):
        test = _test(sign, left, right)
        if test is None:
            return None
        tests.append(test)
    return tests


def _test(sign: ComparisonSign, left: Node, right: Node) -> tuple[Node, Sequence[object]] | None:
    term = left if _written(right) is not None else right
    values = _written(left if term is right else right)
    if values is None or not mentioned_paths(term):
        return None
    if sign in ("in", "not in"):
        return (term, values) if term is left and isinstance(right, ListOf) else None
    if isinstance(left, ListOf) or isinstance(right, ListOf):
        return None
    ordered = sign not in ("==", "!=")
    return None if ordered and type(values[0]) not in NUMBERS else (term, values)


def _written(node: Node) -> Sequence[object] | None:
    """Return the values a literal, a negative number or a list of these stands for; nothing for other nodes."""
    match node:
        case Literal(value=value) if value is not UNKNOWN:
            return (value,)
        case Negative(operand=Literal(value=int() | float() as number)):
            return (-number,)
        case ListOf(items=items):
            found = [_written(item) for item in items if not isinstance(item, ListOf)]
            known = [values[0] for values in found if values]
            return known if len(known) == len(items) else None
        case _:
            return None


def _domain(values: Sequence[object]) -> list[object]:
    numbers = sorted(
        {value for value in values if isinstance(value, int | float) and type(value) in NUMBERS}
    )
    texts = [value for value in values if isinstance(value, str)]
    domain: list[object] = [UNKNOWN, _FAILURE, *numbers, *texts]
    domain.append("".join(texts) + "?")  # none of the texts, and of another kind than the rest
    domain += [value for value in values if value is None]
    domain += [_between(left, right) for left, right in pairwise(numbers)]
    if numbers:
        domain += [numbers[0] - 1 - abs(numbers[0]), numbers[-1] + 1 + abs(numbers[-1])]
    if any(isinstance(value, bool) for value in values):
        domain += [True, False]
    return domain


def _between(left: float, right: float) -> float:
    """Return a number between two, where there is one; large whole numbers have no exact half."""
    whole = (int(left) + int(right)) // 2
    return whole if left < whole < right else (left + right) / 2
