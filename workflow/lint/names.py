"""Names are identities: none may be given twice on a level."""

from collections.abc import Iterator, Sequence

from workflow.diagnostics.findings import Finding
from workflow.lint.draft import Draft
from workflow.nodes import StepNode


def check_names(draft: Draft) -> Iterator[Finding]:
    """Find steps of one level, policies and tests that share a name."""
    yield from _check_steps(draft.nodes)
    policies = [policy.id for policy in draft.spec.policies]
    tests = [test.name for test in draft.spec.tests]
    yield from _check_list(policies, "policies", "id", "policy")
    yield from _check_list(tests, "tests", "name", "test")


def _check_steps(nodes: Sequence[StepNode]) -> Iterator[Finding]:
    seen: dict[str, StepNode] = {}
    for node in nodes:
        first = seen.setdefault(node.step_id, node)
        if first is not node:
            key = "name" if "name" in node.raw else "step"
            yield _repeated(f"step named {node.name!r} on this level", node, key, first.line)


def _repeated(what: str, node: StepNode, key: str, first_line: int) -> Finding:
    return Finding(
        "duplicate-name",
        f"{node.pointer}/{key}",
        f"a second {what} (the first is on line {first_line})",
        "names are identities: rename one",
    )


def _check_list(names: Sequence[str], section: str, key: str, noun: str) -> Iterator[Finding]:
    first = {name: index for index, name in reversed([*enumerate(names)])}
    for index, name in enumerate(names):
        if first[name] < index:
            yield Finding(
                "duplicate-name",
                f"/{section}/{index}/{key}",
                f"a second {noun} named {name!r}",
                "names are identities: rename one",
            )
