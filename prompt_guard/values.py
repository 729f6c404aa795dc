"""What a value in a patch may be: JSON of bounded size, depth, numbers and characters.

Walks with a stack of its own and a budget, so that hostile nesting or size costs no more than honest data.
"""

import math
from collections.abc import Iterable

from prompt_guard.characters import find_unsafe
from prompt_guard.rejection import RejectionReason

_Flaw = tuple[RejectionReason, str]
MAX_DEPTH = 16
MAX_NUMBER = 2**53 - 1
FORBIDDEN_KEYS = frozenset({"__proto__", "constructor", "prototype"})
_TOO_LARGE: _Flaw = (RejectionReason.TOO_LARGE, "the patch is larger than 64 KiB")


def measure_value(value: object, *, budget: int) -> int | _Flaw:
    """Return about how many bytes the value takes as JSON, or the first flaw in it."""
    stack: list[tuple[object, int]] = [(value, 0)]
    size = 0
    while stack:
        item, depth = stack.pop()
        if depth > MAX_DEPTH:
            return RejectionReason.TOO_DEEP, f"values nest deeper than {MAX_DEPTH}"
        size += _weigh(item)
        if size > budget:
            return _TOO_LARGE
        flaw = _find_flaw(item)
        if flaw:
            return flaw
        stack.extend((child, depth + 1) for child in _children(item))
    return size


def _weigh(item: object) -> int:
    """Return a lower bound of the item's own bytes that is cheap to know before looking inside."""
    if isinstance(item, str):
        return len(item) + 2 if item.isascii() else len(item.encode("utf-8", "surrogatepass")) + 2
    if isinstance(item, list | dict):
        return len(item) + 2
    return 4


def _children(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return (part for pair in item.items() for part in pair)
    return item if isinstance(item, list) else ()


def _find_flaw(item: object) -> _Flaw | None:
    match item:
        case str():
            unsafe = find_unsafe(item)
            return (RejectionReason.UNSAFE_TEXT, f"the character {unsafe}") if unsafe else None
        case bool() | None:
            return None
        case int() | float():
            return _find_flaw_in_number(item)
        case dict():
            return _find_flaw_in_keys(item)
        case list():
            return None
        case _:
            return RejectionReason.MALFORMED, f"{type(item).__name__} isn't JSON"


def _find_flaw_in_number(number: float) -> _Flaw | None:
    if isinstance(number, float) and not math.isfinite(number):
        return RejectionReason.UNSAFE_NUMBER, "numbers are finite"
    if abs(number) > MAX_NUMBER:
        return RejectionReason.UNSAFE_NUMBER, "numbers lie within ±(2⁵³ − 1)"
    return None


def _find_flaw_in_keys(item: dict[object, object]) -> _Flaw | None:
    for key in item:
        if not isinstance(key, str):
            return RejectionReason.MALFORMED, "keys are strings"
        if key in FORBIDDEN_KEYS:
            return RejectionReason.FORBIDDEN_PATH, f"{key!r} isn't accepted as a key"
    return None
