"""What the signs do to values: three-valued, bounded, without coercion. Each takes the scope to pay for its work."""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from policy_dsl.errors import Stopped
from policy_dsl.limits import MAX_DATA_DEPTH, MAX_TEXT
from policy_dsl.syntax import ArithmeticSign, ComparisonSign
from policy_dsl.values import NUMBERS, UNKNOWN, Scope, bounded, kind_of, plain

Operator = Callable[[Scope, object, object], object]

# Python looks for any text in a short one, and for a short one in any text, in the product of both lengths at worst
# (about 0.5 ns a pair); else it takes an algorithm that needs their sum.
_SHORT_TEXT = 2_500
_LONG_NEEDLE = 100
_SEARCH_PER_STEP = 512

_STEPS_PER_COMPARISON = 2
_STEPS_PER_DECIMAL = 3  # it is read as a float, by way of a text


def is_missing(value: object) -> bool:
    """Tell whether an operand makes the result unknown."""
    return value is None or value is UNKNOWN


def truth(value: object, where: str) -> object:
    """Return `True`, `False` or `UNKNOWN`; raises `Stopped` for anything else: nothing just looks true."""
    if value is True or value is False:
        return value
    if is_missing(value):
        return UNKNOWN
    raise Stopped(f"{where} needs true or false, not {kind_of(value)}")


def equal(scope: Scope, left: object, right: object) -> object:
    """Compare two values of any kinds; different kinds are never equal."""
    if is_missing(left) or is_missing(right):
        return UNKNOWN
    return same(scope, left, right)


def unequal(scope: Scope, left: object, right: object) -> object:
    """The opposite of `equal`."""
    return negated(equal(scope, left, right))


def is_null(_scope: Scope, left: object, right: object) -> object:
    """Compare where null is written down: the one comparison that tells null from a value."""
    return UNKNOWN if left is UNKNOWN or right is UNKNOWN else left is right


def is_not_null(scope: Scope, left: object, right: object) -> object:
    """The opposite of `is_null`."""
    return negated(is_null(scope, left, right))


def negated(value: object) -> object:
    """Return Kleene's not."""
    return UNKNOWN if value is UNKNOWN else not value


def same(scope: Scope, left: object, right: object, depth: int = 0) -> bool:
    """Tell whether two plain values are the same, `1` and `1.0` included, `true` and `1` not."""
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        scope.spend(_STEPS_PER_DECIMAL)
    left, right = plain(left), plain(right)
    if type(left) in NUMBERS and type(right) in NUMBERS:
        return left == right
    if type(left) is not type(right):
        return False
    if depth > MAX_DATA_DEPTH:
        raise Stopped(f"data is compared {MAX_DATA_DEPTH} levels deep at most")
    if isinstance(left, list) and isinstance(right, list):
        return _same_lists(scope, left, right, depth)
    if isinstance(left, dict) and isinstance(right, dict):
        return _same_maps(scope, left, right, depth)
    return _same_scalars(scope, left, right)


def _same_scalars(scope: Scope, left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) != len(right):
            return False
        scope.read(left)
    return left == right


def _same_lists(scope: Scope, left: list[object], right: list[object], depth: int) -> bool:
    if len(left) != len(right):
        return False
    for one, other in zip(left, right, strict=True):
        scope.spend(_STEPS_PER_COMPARISON)
        if not same(scope, one, other, depth + 1):
            return False
    return True


def _same_maps(
    scope: Scope, left: dict[object, object], right: dict[object, object], depth: int
) -> bool:
    if len(left) != len(right):
        return False
    for key, value in left.items():
        scope.spend(_STEPS_PER_COMPARISON)
        if type(key) is not str:
            raise Stopped("the keys of a map are texts")
        if key not in right or not same(scope, value, right[key], depth + 1):
            return False
    return True


def contains(scope: Scope, item: object, container: object) -> object:
    """Look for a text in a text, a value in a list, a key in a map."""
    if is_missing(item) or is_missing(container):
        return UNKNOWN
    if isinstance(container, list):
        return _list_contains(scope, item, container)
    if not isinstance(container, str | dict):
        raise Stopped(f"'in' needs a text, a list or a map, not {kind_of(container)}")
    if not isinstance(item, str):
        raise Stopped(f"{kind_of(item)} can't be in {kind_of(container)}")
    if isinstance(container, str):
        pay_for_search(scope, item, container)
    return item in container


def contains_not(scope: Scope, item: object, container: object) -> object:
    """The opposite of `contains`."""
    return negated(contains(scope, item, container))


def _list_contains(scope: Scope, item: object, container: list[object]) -> bool:
    for candidate in container:
        scope.spend(_STEPS_PER_COMPARISON)
        if same(scope, item, candidate):
            return True
    return False


def pay_for_search(scope: Scope, needle: str, text: str) -> None:
    """Charge for looking for one text in another."""
    scope.read(text)
    if len(text) * len(needle) > _SEARCH_PER_STEP:
        scope.read(needle)
        compared = len(needle) if len(text) < _SHORT_TEXT else min(len(needle), _LONG_NEEDLE)
        scope.spend(len(text) * compared // _SEARCH_PER_STEP)


def _ordering(compare: Callable[[Any, Any], bool]) -> Operator:
    def order(scope: Scope, left: object, right: object) -> object:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return compare(left, right)
        if is_missing(left) or is_missing(right):
            return UNKNOWN
        if isinstance(left, str) and isinstance(right, str):
            scope.read(left)
            return compare(left, right)
        raise Stopped(f"{kind_of(left)} and {kind_of(right)} have no order")

    return order


def _arithmetic(sign: ArithmeticSign, calculate: Callable[[Any, Any], Any]) -> Operator:
    def apply(_scope: Scope, left: object, right: object) -> object:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            return bounded(calculate(left, right))
        if is_missing(left) or is_missing(right):
            return UNKNOWN
        raise Stopped(f"{sign!r} needs numbers, not {kind_of(left)} and {kind_of(right)}")

    return apply


def _division(sign: ArithmeticSign, divide: Callable[[Any, Any], Any]) -> Operator:
    def checked(left: Any, right: Any) -> Any:
        if right == 0:
            raise Stopped("division by zero")
        return divide(left, right)

    return _arithmetic(sign, checked)


_add_numbers = _arithmetic("+", operator.add)


def _add(scope: Scope, left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_TEXT:
            raise Stopped(f"a text has more than {MAX_TEXT:,} characters")
        scope.read(left)
        scope.read(right)
        made = left + right
        scope.keep(made)
        return made
    return _add_numbers(scope, left, right)


ARITHMETIC: Mapping[ArithmeticSign, Operator] = {
    "+": _add,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _division("/", operator.truediv),
    "//": _division("//", operator.floordiv),
    "%": _division("%", operator.mod),
}

COMPARISONS: Mapping[ComparisonSign, Operator] = {
    "==": equal,
    "!=": unequal,
    "<": _ordering(operator.lt),
    "<=": _ordering(operator.le),
    ">": _ordering(operator.gt),
    ">=": _ordering(operator.ge),
    "in": contains,
    "not in": contains_not,
}
