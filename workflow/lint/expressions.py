"""Expressions must compile against the names they may mention."""

from collections.abc import Callable, Generator, Iterator

from policy_dsl import (
    Expression,
    ExpressionError,
    RecordType,
    compile_condition,
)
from workflow.diagnostics.findings import Finding
from workflow.lint.blocks import Place
from workflow.lint.draft import Draft
from workflow.lint.readings import compiled, exits_of
from workflow.names import CONDITION_NAMES, RESULT_NAMES

Compile = Callable[[str, RecordType], Expression]


def check_expressions(draft: Draft) -> Iterator[Finding]:
    """Find conditions, exits and assertions that don't compile."""
    for place in draft.places:
        for part, source, compile_it in _expressions_of(place):
            pointer = f"{place.node.pointer}/{part}"
            yield from compile_or_tell(source, pointer, CONDITION_NAMES, compile_it)
    yield from _check_assertions(draft)


def compile_or_tell(
    source: str, pointer: str, schema: RecordType, compile_it: Compile = compile_condition
) -> Generator[Finding, None, Expression | None]:
    """Yield the finding that an expression doesn't compile; the generator returns it when it does."""
    try:
        return compile_it(source, schema)
    except ExpressionError as error:
        message = f"{source!r}, column {error.column}: {error.message}"
        is_template = source.lstrip().startswith("{{")
        hint = (
            "leave {{ and }} out: an expression is no template" if is_template else error.suggestion
        )
        yield Finding("bad-expression", pointer, message, hint)
    return None


def _expressions_of(place: Place) -> Iterator[tuple[str, str, Compile]]:
    condition = place.node.raw.get("condition_expression")
    if isinstance(condition, str) and condition:
        yield "condition_expression", condition, compiled
    for part, source in exits_of(place):
        yield part, source, compile_condition


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
