"""Plain JSON data: copied, compared, checked."""

import json
import math
import re
from collections.abc import Iterable

from pydantic import JsonValue

_MAX_DEPTH = 128
_SURROGATE = re.compile("[\ud800-\udfff]")


def copy_json(value: JsonValue) -> JsonValue:
    """Copy JSON data deeply; several times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copy_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [copy_json(child) for child in value]
    return value


def is_identical(left: JsonValue, right: JsonValue) -> bool:
    """Compare JSON data with every type, `1` and `1.0` included; the order of keys means nothing."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            map(is_identical, left.values(), map(right.__getitem__, left))
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_identical, left, right))
    return left == right


def is_filled(value: JsonValue) -> bool:
    """Whether a value is a list or a mapping with something in it; others are alike by chance."""
    return isinstance(value, dict | list) and bool(value)


def exact_text(value: JsonValue) -> str:
    """Write JSON data so that identical data gives the same text, in the fewest characters."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def find_flaw(value: object) -> str | None:
    """Return why a value isn't JSON data that can be written as text, None if it is; depth costs no stack."""
    level = [value]
    for _ in range(_MAX_DEPTH + 1):
        flaw = next(filter(None, map(_find_own_flaw, level)), None)
        if flaw:
            return flaw
        level = [child for item in level for child in _children(item)]
        if not level:
            return None
    return f"a value nested more than {_MAX_DEPTH} deep"


def _find_own_flaw(item: object) -> str | None:
    if isinstance(item, float) and not math.isfinite(item):
        return f"{item} isn't a JSON number"
    if isinstance(item, str) and _SURROGATE.search(item):
        return "a string with half a character (a lone surrogate)"
    if isinstance(item, dict) and not all(isinstance(key, str) for key in item):
        return "a key that isn't a string"
    if not isinstance(item, str | int | float | dict | list | None):
        return f"{type(item).__name__} isn't JSON data"
    return None


def _children(item: object) -> Iterable[object]:
    if isinstance(item, dict):
        return [*item, *item.values()]
    return item if isinstance(item, list) else ()
