"""`flujo.list.*`: work on lists; what is asked of an item is an expression over `item` and `index`."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated

import orjson
from pydantic import AfterValidator, Field, JsonValue

from policy_dsl import (
    ANY,
    NUMBER,
    UNKNOWN,
    Expression,
    ExpressionError,
    Failure,
    RecordType,
    Value,
    compile_condition,
    compile_expression,
)
from workflow.skills.bounds import MAX_ITEMS, check_count, refuse
from workflow.skills.signature import describe

_NAMES = RecordType({"item": ANY, "index": NUMBER})
_MOST_EVALUATED = 10_000


@lru_cache(maxsize=256)
def _compile(source: str) -> Expression:
    return compile_expression(source, _NAMES)


@lru_cache(maxsize=256)
def _compile_condition(source: str) -> Expression:
    return compile_condition(source, _NAMES)


def _check_source(source: str) -> str:
    return _check(source, _compile)


def _check_condition(source: str) -> str:
    return _check(source, _compile_condition)


def _check(source: str, compiler: Callable[[str], Expression]) -> str:
    try:
        compiler(source)
    except ExpressionError as error:
        raise ValueError(str(error)) from error
    return source


# Compiled where parameters are checked, so that a spec's mistake is found before it runs.
_Source = Annotated[str, Field(min_length=1), AfterValidator(_check_source)]
_Condition = Annotated[str, Field(min_length=1), AfterValidator(_check_condition)]


def keep(data: list[JsonValue], *, where: _Condition) -> list[JsonValue]:
    """Keep the items for which `where` is true; one that lacks what it asks for is dropped."""
    answers = _evaluate(data, _compile_condition(where))
    return [item for item, answer in answers if answer is True]


def sort(
    data: list[JsonValue], *, by: _Source = "item", descending: bool = False
) -> list[JsonValue]:
    """Sort by numbers, texts (by code point) or truth values; equals keep their order, items without come last.

    Keys of different kinds have no order: they are refused.
    """
    ranked = list(_evaluate(data, _compile(by)))
    with_key = [(item, key) for item, key in ranked if key is not UNKNOWN and key is not None]
    _check_one_kind([key for _, key in with_key])
    with_key.sort(key=lambda pair: pair[1], reverse=descending)  # type: ignore[arg-type,return-value]
    return [
        *(item for item, _ in with_key),
        *(item for item, key in ranked if key is UNKNOWN or key is None),
    ]


def dedupe(data: list[JsonValue], *, by: _Source = "item") -> list[JsonValue]:
    """Keep the first of the items that are equal by `by`; `1` and `1.0` are equal, `1` and `"1"` aren't."""
    seen: set[bytes] = set()
    kept: list[JsonValue] = []
    for item, key in _evaluate(data, _compile(by)):
        identity = _identify(key)
        if identity not in seen:
            seen.add(identity)
            kept.append(item)
    return kept


def chunk(
    data: list[JsonValue],
    *,
    size: Annotated[int, Field(ge=1)],
    overlap: Annotated[int, Field(ge=0)] = 0,
) -> list[list[JsonValue]]:
    """Cut a list into lists of `size` items, each beginning with the last `overlap` items of the one before."""
    if overlap >= size:
        raise refuse(f"an overlap of {overlap} needs chunks larger than {size}")
    check_count(len(data), "items")
    starts = range(0, max(len(data) - overlap, min(len(data), 1)), size - overlap)
    check_count(len(starts) * min(size, len(data)), "items in all chunks", 2 * MAX_ITEMS)
    return [data[start : start + size] for start in starts]


def _evaluate(data: list[JsonValue], expression: Expression) -> Iterator[tuple[JsonValue, Value]]:
    check_count(len(data), "items", _MOST_EVALUATED)
    for index, item in enumerate(data):
        answer = expression.evaluate({"item": item, "index": index})
        if isinstance(answer, Failure):
            raise refuse(f"item {index}: {answer.reason}")
        yield item, answer


def _check_one_kind(keys: list[Value]) -> None:
    kinds = sorted({describe(key) for key in keys})  # type: ignore[arg-type]
    if len(kinds) > 1:
        raise refuse(f"{kinds[0]} and {kinds[1]} have no order")
    if kinds and kinds[0] in ("a list", "an object"):
        raise refuse(f"{kinds[0]} has no order; sort `by` something in it")


def _identify(key: Value) -> bytes:
    plain = None if key is UNKNOWN else key
    return orjson.dumps(_level(plain), option=orjson.OPT_SORT_KEYS)


def _level(value: object) -> object:
    """Write whole floats as integers: JSON knows one kind of number."""
    if isinstance(value, float) and value.is_integer() and -(2**63) <= value < 2**64:
        return int(value)
    if isinstance(value, list):
        return [_level(one) for one in value]
    return {k: _level(v) for k, v in value.items()} if isinstance(value, dict) else value
