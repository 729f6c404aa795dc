"""Expressions must compile against the names they may mention, and be able to go either way."""

from collections.abc import Callable, Generator, Iterator

from policy_dsl import (
    Expression,
    ExpressionError,
    RecordType,
    compile_condition,
    compile_expression,
)
from workflow.findings import Finding, find_dangling
from workflow.lint.draft import Draft
from workflow.names import CONDITION_NAMES, RESULT_NAMES
from workflow.nodes import StepNode

Compile = Callable[[str, RecordType], Expression]


def check_expressions(draft: Draft) -> Iterator[Finding]:
    """Find conditions, exits and assertions that don't compile, or name steps that aren't there."""
    names = {node.name for node in draft.nodes}
    for node in draft.nodes:
        for place, source, compile_it in _expressions_of(node):
            pointer = f"{node.pointer}/{place}"
            expression = yield from compile_or_tell(source, pointer, CONDITION_NAMES, compile_it)
            for name in _steps_named(expression):
                if name not in names:
                    yield find_dangling(name, pointer, names, "step")
    yield from _check_assertions(draft)


def compile_or_tell(
    source: str, pointer: str, schema: RecordType, compile_it: Compile = compile_condition
) -> Generator[Finding, None, Expression | None]:
    """Yield the finding that an expression doesn't compile; the generator returns it when it does."""
    try:
        return compile_it(source, schema)
    except ExpressionError as error:
        message = f"{source!r}, column {error.column}: {error.message}"
        yield Finding("bad-expression", pointer, message, error.suggestion)
    return None


def _expressions_of(node: StepNode) -> Iterator[tuple[str, str, Compile]]:
    condition, loop = node.raw.get("condition_expression"), node.raw.get("loop")
    if isinstance(condition, str) and condition:
        yield "condition_expression", condition, compile_expression
    exit_expression = loop.get("exit_expression") if isinstance(loop, dict) else None
    if isinstance(exit_expression, str) and exit_expression:
        yield "loop/exit_expression", exit_expression, compile_condition


def _steps_named(expression: Expression | None) -> Iterator[str]:
    for path in sorted(expression.names if expression else ()):
        root, _, rest = path.partition(".")
        name = rest.partition(".")[0]
        if root == "steps" and name not in ("", "*"):
            yield name


def _check_assertions(draft: Draft) -> Iterator[Finding]:
    for number, test in enumerate(draft.spec.tests):
        for index, source in enumerate(test.assertions):
            pointer = f"/tests/{number}/assertions/{index}"
            expression = yield from compile_or_tell(source, pointer, RESULT_NAMES)
            if expression and expression.constant:
                message = f"{source!r} mentions nothing of the result"
                yield Finding(
                    "constant-assertion", pointer, message, "assert something of `result`"
                )
