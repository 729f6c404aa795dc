"""Attacks: every one is refused or yields plain data, at little cost.

`cases/refused.txt` and `cases/harmless.txt` hold one expression a line, `cases/hidden.txt` one JSON text a line.
"""

import json
import sys
import time
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest

from policy_dsl import UNKNOWN, Expression, ExpressionError, Failure, compile_expression

CASES = Path(__file__).parent / "cases"
REFUSED = (CASES / "refused.txt").read_text(encoding="utf-8").splitlines()
HARMLESS = (CASES / "harmless.txt").read_text(encoding="utf-8").splitlines()
HIDDEN = [json.loads(line) for line in (CASES / "hidden.txt").read_text().splitlines()]
GENERATED = [
    "(" * 1_000 + "1" + ")" * 1_000,
    "[" * 100 + "]" * 100,
    "[" * 1_999,
    "len(" * 60 + "x" + ")" * 60,
    "-" * 1_999 + "1",
    "not " * 499 + "x",
    "1" + "+1" * 999,
    "a" + ".a" * 999,
    "a" + "[0]" * 600,
    "a" + ".lower()" * 200,
    "a if b else " * 160 + "c",
    " and ".join(["a"] * 300),
    "9" * 2_000,
    "0." + "9" * 1_990,
    "1e" + "9" * 1_990,
    "'" + "a" * 1_990,
    "'" + "\\" * 1_990,
    "'''" * 600,
    "r'" * 900,
    "a " * 1_000,
    "x" * 3_000_000,
    "every(a, " * 50 + "'b'" + ")" * 50,
    " or ".join([f"matches(a, '(a{{0,30}}){{0,3{n}}}')" for n in range(9)]),
]

# What a machine several times slower than a laptop may need; the benchmark prints the real figures.
MAX_SECONDS = 0.050
MAX_BYTES = 1_000_000


class Trap:
    """Anything that isn't data: whoever touches it fails the test."""

    def __getattribute__(self, name: str) -> object:
        if name == "__class__":
            return Trap
        raise AssertionError(f"the sandbox read {name!r} of an object")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("the sandbox compared an object")

    def __hash__(self) -> int:
        raise AssertionError("the sandbox hashed an object")


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


DATA: dict[str, object] = {
    "result": {
        "score": 0.5,
        "output": "A dozen red roses",
        "steps": [{"name": "draft", "latency_ms": 100, "cost_usd": 0.1}],
    },
    "short": "a" * 500,
    "long": "a" * 100_000,
    "too_long": "a" * 100_001,
    "sharp": "ß" * 100_000,
    "emoji": "😀" * 100_000,
    "fewer_emoji": "😀" * 30_000,
    "growing": "ΐ" * 30_000,
    "words": "😀 " * 3_999,
    "money": [Decimal(1) / 3] * 15_000,
    "half": "\ud800",
    "wide": list(range(20_000)),
    "deep": nested(10_000),
    "deeper": nested(10_001),
    "nan": float("nan"),
    "infinity": float("inf"),
    "odd": Trap(),
    "objects": [Trap()],
    "keys": {1: "a", "a": Trap()},
}


def compiled(source: str) -> Expression | None:
    try:
        return compile_expression(source)
    except ExpressionError:
        return None


def is_plain(value: object) -> bool:
    if isinstance(value, list):
        return all(map(is_plain, value))
    return value is UNKNOWN or type(value) in (Failure, bool, int, float, str, dict, type(None))


def fastest(source: str) -> float:
    """Return the CPU seconds to compile and evaluate a source, the best of three."""
    seconds = []
    for _ in range(3):
        start = time.thread_time()
        expression = compiled(source)
        if expression:
            expression.evaluate(DATA)
        seconds.append(time.thread_time() - start)
    return min(seconds)


@pytest.mark.parametrize("source", REFUSED)
def test_an_attack_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        compile_expression(source)
    assert 1 <= refusal.value.column <= len(source) + 1


@pytest.mark.parametrize("source", HIDDEN)
def test_a_hidden_or_foreign_character_is_refused(source: str) -> None:
    assert compiled(source) is None


@pytest.mark.parametrize("source", HARMLESS)
def test_what_is_not_refused_yields_plain_data(source: str) -> None:
    expression = compiled(source)
    if expression:
        assert is_plain(expression.evaluate(DATA))
        expression.explain(DATA)


@pytest.mark.parametrize("source", GENERATED, ids=range(len(GENERATED)))
def test_a_monster_is_refused_or_yields_plain_data(source: str) -> None:
    expression = compiled(source)
    assert expression is None or is_plain(expression.evaluate(DATA))


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer makes everything slow")
@pytest.mark.parametrize("source", [*GENERATED, *HARMLESS, *HIDDEN, *REFUSED], ids=lambda s: s[:40])
def test_no_attack_costs_much_time(source: str) -> None:
    assert fastest(source) < MAX_SECONDS


@pytest.mark.parametrize("source", [*GENERATED, *HARMLESS], ids=lambda s: s[:40])
def test_no_attack_costs_much_memory(source: str) -> None:
    tracemalloc.start()
    try:
        expression = compiled(source)
        if expression:
            expression.evaluate(DATA)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MAX_BYTES


def test_there_are_enough_attacks() -> None:
    assert len(REFUSED) + len(HARMLESS) + len(HIDDEN) + len(GENERATED) > 300
