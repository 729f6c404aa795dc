"""Coverage-guided fuzzing of the language with atheris: `python tests/policy_dsl/fuzz_atheris.py [libFuzzer options]`.

Whatever the source and the data, compiling gives an expression or an `ExpressionError`, and evaluating gives a value.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

with atheris.instrument_imports(include=["policy_dsl"]):
    from policy_dsl import ExpressionError, compile_expression

_MAX_DATA = 2_000


def try_one(data: bytes) -> None:
    """Take half of the input as a source and the other half as JSON data; raises what must never be raised."""
    provider = atheris.FuzzedDataProvider(data)
    source = provider.ConsumeUnicodeNoSurrogates(2_000)
    try:
        value = json.loads(provider.ConsumeUnicodeNoSurrogates(_MAX_DATA))
    except (ValueError, RecursionError):
        value = {"score": 0.5, "output": "roses", "steps": [{"name": "a"}]}
    try:
        expression = compile_expression(source)
    except ExpressionError:
        return
    names = {"result": value}
    first = expression.evaluate(names)
    assert repr(expression.evaluate(names)) == repr(first)
    expression.explain(names)


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()
