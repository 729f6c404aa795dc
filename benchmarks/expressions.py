"""Measures the expression language: compiling, evaluating, and the dearest attacks of its test cases.

Run with `python -m benchmarks.expressions`; beside simpleeval where that is installed, as ratios of the same run. Each
figure is the best of several passes, in CPU time.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import thread_time
from types import ModuleType

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
    "objects": [object()],
}


def main() -> None:
    """Print a line per expression, then the dearest attack."""
    peer = import_module("simpleeval") if find_spec("simpleeval") else None
    print(f"{'':<74}{'compile':>10}{'evaluate':>10}{'simpleeval':>12}")
    for source in _SOURCES:
        _report(source, peer)
    seconds, attack = max(
        (_attack(source), source) for source in _ATTACKS.read_text("utf-8").splitlines()
    )
    print(f"\ndearest attack: {seconds * 1e3:.1f} ms for {attack}")


def _report(source: str, peer: ModuleType | None) -> None:
    names = {"result": _RESULT}
    expression = compile_expression(source)
    assert expression.holds(names)
    compiling = _seconds(lambda: compile_expression(source), 2_000)
    evaluating = _seconds(lambda: expression.evaluate(names), 20_000)
    other = _peer_seconds(source, peer) if peer and "every" not in source else None
    ratio = f"{other / evaluating:>10.0f} ×" if other else f"{'–':>12}"
    print(f"{source:<74}{compiling * 1e6:>7.1f} µs{evaluating * 1e6:>7.2f} µs{ratio}")


def _peer_seconds(source: str, peer: ModuleType) -> float:
    """Measure simpleeval with its tree parsed beforehand, as ours is."""
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


def _seconds(work: Callable[[], object], times: int) -> float:
    return min(_pass(work, times) for _ in range(_PASSES)) / times


def _pass(work: Callable[[], object], times: int) -> float:
    start = thread_time()
    for _ in range(times):
        work()
    return thread_time() - start


if __name__ == "__main__":
    main()
