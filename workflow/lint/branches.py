"""Conditionals and state machines must know where to go."""

from collections.abc import Iterator

from workflow.diagnostics.findings import Finding, find_dangling
from workflow.lint.draft import Draft
from workflow.nodes import StepNode


def check_branches(draft: Draft) -> Iterator[Finding]:
    """Find defaults and start states that don't exist, and conditionals without one condition."""
    for node in draft.nodes:
        if node.kind == "conditional":
            yield from _check_target(node, "default_branch", "branches", "branch")
            yield from _check_condition(node)
        elif node.kind == "StateMachine":
            yield from _check_target(node, "start_state", "states", "state")


def _check_target(node: StepNode, key: str, inside: str, noun: str) -> Iterator[Finding]:
    target, known = node.raw.get(key), node.raw.get(inside)
    if isinstance(target, str) and isinstance(known, dict) and target not in known:
        yield find_dangling(target, f"{node.pointer}/{key}", known, noun)


def _check_condition(node: StepNode) -> Iterator[Finding]:
    given = [key for key in ("condition", "condition_expression") if node.raw.get(key)]
    if len(given) != 1:
        yield Finding(
            "no-condition",
            node.pointer,
            f"conditional {node.name!r} needs exactly one of `condition_expression` and `condition`",
            "" if given else "add `condition_expression: …`, whose value names a branch",
        )
