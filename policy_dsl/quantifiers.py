"""What `every`, `some`, `none` and `count` make of the truth values of a condition on each item, three-valued."""

from collections.abc import Callable, Iterable, Mapping

from policy_dsl.operators import negated
from policy_dsl.syntax import Quantifier
from policy_dsl.values import UNKNOWN

Quantify = Callable[[Iterable[object]], object]


def _every(truths: Iterable[object]) -> object:
    outcome: object = True
    for truth in truths:
        if truth is False:
            return False
        if truth is UNKNOWN:
            outcome = UNKNOWN
    return outcome


def _some(truths: Iterable[object]) -> object:
    return negated(_none(truths))


def _none(truths: Iterable[object]) -> object:
    return _every(map(negated, truths))


def _count(truths: Iterable[object]) -> object:
    found = list(truths)
    return UNKNOWN if UNKNOWN in found else found.count(True)


QUANTIFY: Mapping[Quantifier, Quantify] = {
    "every": _every,
    "some": _some,
    "none": _none,
    "count": _count,
}
