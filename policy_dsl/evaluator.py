"""The tree → nested closures: all decisions the source allows are taken once, before the first evaluation."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from policy_dsl.errors import Stopped
from policy_dsl.functions import find_function
from policy_dsl.operators import (
    ARITHMETIC,
    COMPARISONS,
    Operator,
    is_missing,
    is_not_null,
    is_null,
    negated,
    truth,
)
from policy_dsl.quantifiers import QUANTIFY
from policy_dsl.syntax import (
    Arithmetic,
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
)
from policy_dsl.values import PLAIN, UNKNOWN, Scope, kind_of, plain, types_of

Evaluate: TypeAlias = Callable[[Scope], object]
Build: TypeAlias = Callable[[Node], Evaluate]


def build(node: Node) -> Evaluate:
    """Return the closure of a node."""
    return build_with(node, build)


def build_with(node: Node, build_part: Build) -> Evaluate:
    """Return the closure of a node whose parts somebody else builds."""
    return _BUILDERS[type(node)](node, build_part)


def _literal(node: Literal, _build: Build) -> Evaluate:
    value = node.value
    return lambda _scope: value


def _name(node: Name, _build: Build) -> Evaluate:
    name = node.name

    def read(scope: Scope) -> object:
        value = scope.names.get(name, UNKNOWN)
        return value if type(value) in PLAIN else plain(value)

    return read


def _item(node: Item, _build: Build) -> Evaluate:
    index = node.level - 1
    return lambda scope: scope.items[index]


def _field(node: Field, build: Build) -> Evaluate:
    owner, name = build(node.owner), node.name

    def field(scope: Scope) -> object:
        record = owner(scope)
        if isinstance(record, dict):
            value = record.get(name, UNKNOWN)
            return value if type(value) in PLAIN else plain(value)
        if is_missing(record):
            return UNKNOWN
        raise Stopped(f"{kind_of(record)} has no field {name!r}")

    return field


def _index(node: Index, build: Build) -> Evaluate:
    owner, index = build(node.owner), build(node.index)
    return lambda scope: _part(owner(scope), index(scope))


def _part(owner: object, index: object) -> object:
    """Return an item by its number, from the end if negative, or a value by its key; unknown where there is none."""
    if is_missing(owner) or is_missing(index):
        return UNKNOWN
    if isinstance(owner, list) and type(index) is int:
        return plain(owner[index]) if -len(owner) <= index < len(owner) else UNKNOWN
    if isinstance(owner, dict) and isinstance(index, str):
        return plain(owner.get(index, UNKNOWN))
    raise Stopped(f"{kind_of(owner)} has no [{kind_of(index)}]")


def _list(node: ListOf, build: Build) -> Evaluate:
    items = tuple(map(build, node.items))

    def make(scope: Scope) -> object:
        values = [item(scope) for item in items]
        return UNKNOWN if UNKNOWN in values else values

    return make


def _negative(node: Negative, build: Build) -> Evaluate:
    operand, subtract = build(node.operand), ARITHMETIC["-"]
    return lambda scope: subtract(scope, 0, operand(scope))


def _arithmetic(node: Arithmetic, build: Build) -> Evaluate:
    left, right, apply = build(node.left), build(node.right), ARITHMETIC[node.sign]
    return lambda scope: apply(scope, left(scope), right(scope))


def _comparison(node: Comparison, build: Build) -> Evaluate:
    operands = tuple(map(build, node.operands))
    tests = tuple(
        _test(sign, left, right)
        for sign, left, right in zip(node.signs, node.operands, node.operands[1:], strict=False)
    )
    if len(tests) == 1:
        (left, right), test = operands, tests[0]
        return lambda scope: test(scope, left(scope), right(scope))
    return lambda scope: _chain(scope, tests, operands)


def _test(sign: ComparisonSign, left: Node, right: Node) -> Operator:
    null = any(isinstance(side, Literal) and side.value is None for side in (left, right))
    if null and sign == "==":
        return is_null
    return is_not_null if null and sign == "!=" else COMPARISONS[sign]


def _chain(scope: Scope, tests: tuple[Operator, ...], operands: tuple[Evaluate, ...]) -> object:
    left, outcome = operands[0](scope), True
    for test, operand in zip(tests, operands[1:], strict=True):
        right = operand(scope)
        found = test(scope, left, right)
        if found is False:
            return False
        outcome, left = outcome and found is True, right
    return outcome or UNKNOWN


def _not(node: Not, build: Build) -> Evaluate:
    operand = build(node.operand)
    return lambda scope: negated(truth(operand(scope), "'not'"))


def _both(node: Both, build: Build) -> Evaluate:
    return _logic(tuple(map(build, node.parts)), "'and'", decisive=False)


def _either(node: Either, build: Build) -> Evaluate:
    return _logic(tuple(map(build, node.parts)), "'or'", decisive=True)


def _logic(parts: tuple[Evaluate, ...], word: str, *, decisive: bool) -> Evaluate:
    """Kleene's and (decided by false) or or (decided by true), from left to right; an error ends it."""

    def evaluate(scope: Scope) -> object:
        outcome: object = not decisive
        for part in parts:
            value = truth(part(scope), word)
            if value is decisive:
                return value
            if value is UNKNOWN:
                outcome = UNKNOWN
        return outcome

    return evaluate


def _choice(node: Choice, build: Build) -> Evaluate:
    then, condition, otherwise = build(node.then), build(node.condition), build(node.otherwise)

    def choose(scope: Scope) -> object:
        chosen = truth(condition(scope), "'if'")
        if chosen is UNKNOWN:
            return UNKNOWN
        return then(scope) if chosen else otherwise(scope)

    return choose


def _matches(node: Matches, build: Build) -> Evaluate:
    text, pattern = build(node.text), node.pattern

    def matches(scope: Scope) -> object:
        value = text(scope)
        if is_missing(value):
            return UNKNOWN
        if not isinstance(value, str):
            raise Stopped(f"matches() needs a text, not {kind_of(value)}")
        return pattern.found_in(value, scope)

    return matches


def _call(node: Call, build: Build) -> Evaluate:
    function, name = find_function(node.function), node.function.lstrip(".")
    run, arguments = function.run, tuple(map(build, node.arguments))
    kinds = tuple(function.kinds(position) for position in range(len(arguments)))
    types = tuple(map(types_of, kinds))

    def call(scope: Scope) -> object:
        values = [argument(scope) for argument in arguments]
        for position, value in enumerate(values):
            if type(value) in types[position]:
                continue
            if is_missing(value):
                return UNKNOWN
            needed = " or ".join(kinds[position])
            raise Stopped(f"{name}() needs {needed}, not {kind_of(value)}")
        return run(scope, *values)

    return call


def _quantified(node: Quantified, build: Build) -> Evaluate:
    items, condition = build(node.items), build(node.condition)
    quantify, level, cost = QUANTIFY[node.quantifier], node.level - 1, node.size + 1

    def truths(scope: Scope, found: list[object]) -> Iterator[object]:
        for item in found:
            scope.spend(cost)
            scope.items[level] = plain(item)
            yield truth(condition(scope), f"the condition of {node.quantifier}()")

    def evaluate(scope: Scope) -> object:
        found = items(scope)
        if is_missing(found):
            return UNKNOWN
        if not isinstance(found, list):
            raise Stopped(f"{node.quantifier}() needs a list, not {kind_of(found)}")
        return quantify(truths(scope, found))

    return evaluate


_BUILDERS: Mapping[type[Node], Callable[..., Evaluate]] = {
    Literal: _literal,
    Name: _name,
    Item: _item,
    Field: _field,
    Index: _index,
    ListOf: _list,
    Negative: _negative,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Not: _not,
    Both: _both,
    Either: _either,
    Choice: _choice,
    Matches: _matches,
    Call: _call,
    Quantified: _quantified,
}
