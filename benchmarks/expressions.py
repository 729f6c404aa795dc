"""Measures the expression language: compiling, evaluating, and the dearest attacks of its test cases.

Run with `python -m benchmarks.expressions`; beside simpleeval and Google's CEL (cel-expr-python), as ratios of the same
run, where they can say the same. Each figure is the best of several passes, in CPU time.
"""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from time import thread_time

from policy_dsl import ExpressionError, compile_expression

_PASSES = 5
_ATTACKS = Path(__file__).parents[1] / "tests" / "policy_dsl" / "cases" / "harmless.txt"
_RESULT: dict[str, object] = {
    "output": "A dozen red Roses",
    "score": 0.93,
    "success": True,
    "total_cost_usd": 0.08,
    "steps": [{"name": f"step {n}", "latency_ms": 100 + n, "cost_usd": 0.01} for n in range(10)],
}
_SOURCES = (
    "result.score >= 0.9",
    "'roses' in result.output.lower()",
    "result.success and result.score >= 0.9 and result.total_cost_usd <= 0.10",
    "every(result.steps, 'latency_ms < 500')",
)
_HOSTILE_DATA: dict[str, object] = {
    "result": _RESULT,
    "wide": list(range(20_000)),
    "long": "a" * 100_000,
    "short": "a" * 500,
    "sharp": "ß" * 100_000,
    "emoji": "😀" * 100_000,
    "fewer_emoji": "😀" * 30_000,
    "growing": "ΐ" * 30_000,
    "words": "😀 " * 3_999,
    "money": [Decimal(1) / 3] * 15_000,
    "objects": [object()],
}


def main() -> None:
    """Print a line per expression, then the dearest attack."""
    print(f"{'':<74}{'compile':>10}{'evaluate':>10}{'simpleeval':>12}{'CEL':>8}")
    for source in _SOURCES:
        _report(source)
    seconds, attack = max(
        (_attack(source), source) for source in _ATTACKS.read_text("utf-8").splitlines()
    )
    print(f"\nslowest attack: {seconds * 1e3:.1f} ms for {attack}")
    peak, attack = max(
        (_peak_bytes(source), source) for source in _ATTACKS.read_text("utf-8").splitlines()
    )
    print(f"largest attack: {peak / 1e6:.2f} MB for {attack}")


def _report(source: str) -> None:
    names = {"result": _RESULT}
    expression = compile_expression(source)
    assert expression.holds(names)
    compiling = _seconds(lambda: compile_expression(source), 2_000)
    evaluating = _seconds(lambda: expression.evaluate(names), 20_000)
    peers = (_simpleeval_seconds(source), _cel_seconds(source))
    simpleeval, cel = (f"{peer / evaluating:.1f} ×" if peer else "–" for peer in peers)
    print(
        f"{source:<74}{compiling * 1e6:>7.1f} µs{evaluating * 1e6:>7.2f} µs{simpleeval:>12}{cel:>8}"
    )


def _cel_seconds(source: str) -> float | None:
    """Measure CEL with its program built beforehand; it has neither `lower` nor our `every`."""
    if "every" in source or "lower" in source:
        return None
    cel = import_module("cel_expr_python.cel")
    program = cel.NewEnv(variables={"result": cel.Type.DYN}).compile(
        source.replace(" and ", " && ")
    )
    data = {"result": _RESULT}
    assert program.eval(data=data).value() is True
    return _seconds(lambda: program.eval(data=data).value(), 20_000)


def _simpleeval_seconds(source: str) -> float | None:
    """Measure simpleeval with its tree parsed beforehand, as ours is."""
    if "every" in source:
        return None
    peer = import_module("simpleeval")
    evaluator = peer.EvalWithCompoundTypes(names={"result": _RESULT})
    tree = evaluator.parse(source)
    assert evaluator.eval(source, previously_parsed=tree) is True
    return _seconds(lambda: evaluator.eval(source, previously_parsed=tree), 2_000)


def _attack(source: str) -> float:
    try:
        expression = compile_expression(source)
    except ExpressionError:
        return 0.0
    return _seconds(lambda: expression.evaluate(_HOSTILE_DATA), 1)


def _peak_bytes(source: str) -> int:
    """Measure the most memory an attack holds at once, compiling it included."""
    tracemalloc.start()
    _try(source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _try(source: str) -> None:
    with suppress(ExpressionError):
        compile_expression(source).evaluate(_HOSTILE_DATA)


def _seconds(work: Callable[[], object], times: int) -> float:
    return min(_pass(work, times) for _ in range(_PASSES)) / times


def _pass(work: Callable[[], object], times: int) -> float:
    start = thread_time()
    for _ in range(times):
        work()
    return thread_time() - start


if __name__ == "__main__":
    main()
