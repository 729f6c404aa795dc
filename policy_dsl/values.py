"""Plain data, and what an evaluation yields when there is no answer: `UNKNOWN` or a `Failure`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from sys import getsizeof
from typing import TypeAlias

from pydantic import JsonValue

from policy_dsl.errors import Stopped
from policy_dsl.limits import (
    CHARACTERS_PER_STEP,
    MAX_MADE,
    MAX_NUMBER,
    MAX_STEPS,
    MAX_TEXT,
    MAX_WIDE_TEXT,
)


class Unknown(Enum):
    """The type of `UNKNOWN`, the third truth value: a field isn't there, or an operand is null."""

    UNKNOWN = "unknown"

    def __bool__(self) -> bool:
        return False


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Failure:
    """An evaluation that could not finish, and why; a value, so that nobody forgets to catch it."""

    reason: str

    def __bool__(self) -> bool:
        return False


Value: TypeAlias = JsonValue | Unknown | Failure

NUMBERS = frozenset({int, float})

PLAIN = frozenset({str, bool, type(None), dict, list, Unknown})

_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    type(None): "null",
    dict: "a map",
    list: "a list",
    int: "a number",
    float: "a number",
    Unknown: "null",
}


class Scope:
    """What one evaluation knows: the names, the list items under its quantifiers, the steps and bytes left to it."""

    __slots__ = ("items", "memory", "names", "steps")

    def __init__(self, names: Mapping[str, object]) -> None:
        self.names = names
        self.items: list[object] = [UNKNOWN, UNKNOWN, UNKNOWN]
        self.steps = MAX_STEPS
        self.memory = MAX_MADE

    def spend(self, steps: int) -> None:
        """Pay for work that grows with the data; raises `Stopped` when the budget is gone."""
        self.steps -= steps
        if self.steps < 0:
            raise Stopped(f"it takes more than {MAX_STEPS:,} steps")

    def read(self, text: str) -> None:
        """Pay for reading a text once."""
        if len(text) > MAX_TEXT:
            raise Stopped(f"a text has more than {MAX_TEXT:,} characters")
        if len(text) > CHARACTERS_PER_STEP:
            self.spend(len(text) // CHARACTERS_PER_STEP)

    def rewrite(self, text: str) -> None:
        """Pay for reading a text of which another one is made; raises `Stopped` where that takes too much memory."""
        self.read(text)
        if len(text) > MAX_WIDE_TEXT and not text.isascii():
            raise Stopped(f"a text beyond ASCII has more than {MAX_WIDE_TEXT:,} characters")

    def keep(self, *made: str) -> None:
        """Pay for the memory of texts that were made; raises `Stopped` when the budget is gone."""
        self.memory -= sum(map(getsizeof, made))
        if self.memory < 0:
            raise Stopped(f"it makes more than {MAX_MADE:,} bytes of text")


def plain(value: object) -> object:
    """Return the value if it is plain data (a `Decimal` as the nearest float); raises `Stopped` for anything else."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Decimal) and value.is_finite():
        return bounded(float(value))
    return bounded(value)


def bounded(value: object) -> object:
    """Return the number if it is finite and within bounds; raises `Stopped`."""
    if type(value) is float or type(value) is int:
        if -MAX_NUMBER <= value <= MAX_NUMBER:
            return value
        raise Stopped("a number is beyond ±2**64 or not a number at all")
    raise Stopped(f"a value of type {type(value).__name__!r} is not plain data")


def types_of(kinds: Iterable[str]) -> frozenset[type]:
    """Return the Python types of the values of some kinds; those of null are null's and unknown's."""
    return frozenset(of_type for of_type, kind in _KINDS.items() if kind in kinds)


def kind_of(value: object) -> str:
    """Name the kind of a plain value, with its article."""
    return _KINDS[type(value)]
