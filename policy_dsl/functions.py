"""The functions and methods of the language: one line of a table each, a small function over plain values below."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from policy_dsl.errors import Stopped
from policy_dsl.limits import CHARACTERS_PER_STEP, MAX_DIGITS, MAX_ITEMS
from policy_dsl.operators import is_missing, pay_for_search
from policy_dsl.schema import ANY, BOOL, NUMBER, TEXT, Kind, ListType, Type
from policy_dsl.values import NUMBERS, UNKNOWN, Scope, bounded, kind_of, plain

_STEPS_PER_NUMBER = 3  # the list is copied, and each decimal in it becomes a number of its own


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes and gives: the last `optional` parameters may be left out, the last of all may repeat.

    Where null isn't among the kinds of a parameter, a null or unknown argument makes the result unknown.
    """

    run: Callable[..., object]
    parameters: tuple[tuple[Kind, ...], ...]
    result: Type
    optional: int = 0
    repeats: bool = False

    def kinds(self, position: int) -> tuple[Kind, ...]:
        """Return what the argument at a position, counted from 0, may be."""
        return self.parameters[min(position, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        """Tell whether it can be called with so many arguments."""
        most = len(self.parameters)
        return most - self.optional <= count and (self.repeats or count <= most)


def _absolute(_scope: Scope, number: float) -> object:
    return abs(number)


def _length(_scope: Scope, value: str | list[object] | dict[str, object]) -> object:
    return len(value)


def _rounded(_scope: Scope, number: float, digits: float = 0) -> object:
    if type(digits) is not int or not 0 <= digits <= MAX_DIGITS:
        raise Stopped(f"round() keeps 0 to {MAX_DIGITS} decimal places")
    return round(number, digits) if digits else round(number)


def _total(scope: Scope, items: list[object]) -> object:
    numbers = _numbers(scope, "sum", items)
    return UNKNOWN if numbers is None else bounded(sum(numbers))


def _extreme(name: str, choose: Callable[[list[float]], float]) -> Callable[..., object]:
    def run(scope: Scope, *arguments: object) -> object:
        items = arguments[0] if len(arguments) == 1 else list(arguments)
        numbers = _numbers(scope, name, items if isinstance(items, list) else [items])
        return choose(numbers) if numbers else UNKNOWN

    return run


def _numbers(scope: Scope, name: str, items: list[object]) -> list[float] | None:
    """Return the items if all are numbers, nothing if any is null; raises `Stopped`."""
    scope.spend(_STEPS_PER_NUMBER * len(items))
    numbers: list[float] = []
    for item in map(plain, items):
        if isinstance(item, int | float) and type(item) in NUMBERS:
            numbers.append(item)
        elif is_missing(item):
            return None
        else:
            raise Stopped(f"{name}() needs numbers, not {kind_of(item)}")
    return numbers


def _is_unknown(_scope: Scope, value: object) -> object:
    return is_missing(value)


def _rewriting(change: Callable[[str], str]) -> Callable[[Scope, str], object]:
    def run(scope: Scope, text: str) -> object:
        if len(text) <= CHARACTERS_PER_STEP:
            return change(text)
        scope.rewrite(text)
        made = change(text)
        scope.keep(made)
        return made

    return run


def _starts_with(scope: Scope, text: str, prefix: str) -> object:
    scope.read(prefix)
    return text.startswith(prefix)


def _ends_with(scope: Scope, text: str, suffix: str) -> object:
    scope.read(suffix)
    return text.endswith(suffix)


def _split(scope: Scope, text: str, separator: str | None = None) -> object:
    if separator == "":
        raise Stopped("split() needs a separator, or none at all for blanks")
    scope.rewrite(text)
    pay_for_search(scope, separator or " ", text)
    words = text.split(separator, MAX_ITEMS)
    if len(words) > MAX_ITEMS:
        raise Stopped(f"split() makes more than {MAX_ITEMS:,} items")
    scope.spend(len(words))
    scope.keep(*words)
    return words


def _get(_scope: Scope, record: dict[str, object], key: str, other: object = UNKNOWN) -> object:
    found = plain(record.get(key, UNKNOWN))
    return other if found is UNKNOWN else found


_NUMBER = (Kind.NUMBER,)
_TEXT = (Kind.TEXT,)
_LIST = (Kind.LIST,)
_ANYTHING = tuple(Kind)

FUNCTIONS: Mapping[str, Function] = {
    "abs": Function(_absolute, (_NUMBER,), NUMBER),
    "is_unknown": Function(_is_unknown, (_ANYTHING,), BOOL),
    "len": Function(_length, ((Kind.TEXT, Kind.LIST, Kind.MAP),), NUMBER),
    "max": Function(_extreme("max", max), ((Kind.LIST, Kind.NUMBER), _NUMBER), NUMBER, 1, True),
    "min": Function(_extreme("min", min), ((Kind.LIST, Kind.NUMBER), _NUMBER), NUMBER, 1, True),
    "round": Function(_rounded, (_NUMBER, _NUMBER), NUMBER, 1),
    "sum": Function(_total, (_LIST,), NUMBER),
}

METHODS: Mapping[str, Function] = {
    ".endswith": Function(_ends_with, (_TEXT, _TEXT), BOOL),
    ".get": Function(_get, ((Kind.MAP,), _TEXT, _ANYTHING), ANY, 1),
    ".lower": Function(_rewriting(str.lower), (_TEXT,), TEXT),
    ".split": Function(_split, (_TEXT, _TEXT), ListType(TEXT), 1),
    ".startswith": Function(_starts_with, (_TEXT, _TEXT), BOOL),
    ".strip": Function(_rewriting(str.strip), (_TEXT,), TEXT),
    ".upper": Function(_rewriting(str.upper), (_TEXT,), TEXT),
}


def find_function(name: str) -> Function:
    """Return the function, or the method if the name begins with a dot; raises `KeyError`."""
    return METHODS[name] if name.startswith(".") else FUNCTIONS[name]
