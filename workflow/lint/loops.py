"""A loop must say when it ends, and its exit must be able to go either way."""

from collections.abc import Iterator

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding
from workflow.format.step_spec import LoopBody
from workflow.lint.draft import Draft
from workflow.lint.readings import compiled_or_none

_EXITS = ("exit_expression", "exit_condition", "max_loops")


def check_loops(draft: Draft) -> Iterator[Finding]:
    """Warn of loops that say nothing of their end, and of exits that are always or never true."""
    for node in draft.nodes:
        loop = node.raw.get("loop")
        if node.kind != "loop" or not isinstance(loop, dict):
            continue
        if not any(loop.get(key) for key in _EXITS):
            rounds = LoopBody.model_fields["max_loops"].default
            yield Finding(
                "loop-without-exit",
                f"{node.pointer}/loop",
                f"loop {node.name!r} says neither when it ends nor how often it runs: always {rounds} rounds",
                "add `exit_expression`, or write `max_loops`",
                Severity.WARNING,
            )
        yield from _check_exit(loop.get("exit_expression"), f"{node.pointer}/loop/exit_expression")


def _check_exit(source: object, pointer: str) -> Iterator[Finding]:
    expression = compiled_or_none(source) if isinstance(source, str) and source else None
    if expression is None:
        return
    if expression.constant:
        ends = expression.evaluate({}) is True
        always = "always true: the loop ends after one round" if ends else "never true"
        yield _never(f"{source!r} is {always}", pointer)
    for comparison in expression.never_equal:
        yield _never(f"{comparison!r} compares values of different kinds: never equal", pointer)


def _never(message: str, pointer: str) -> Finding:
    hint = "mention what a round changes, like `steps.NAME.output`"
    return Finding("constant-exit", pointer, message, hint, Severity.WARNING)
