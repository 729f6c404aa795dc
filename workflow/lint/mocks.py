"""A test's mocks must stand in for steps that answer, and fail with classes that exist."""

from collections.abc import Iterator

from workflow.diagnostics.findings import Finding, find_dangling
from workflow.lint.draft import Draft
from workflow.names import MOCK_ERRORS
from workflow.patches.pointer import format_pointer


def check_mocks(draft: Draft) -> Iterator[Finding]:
    """Find mocks of steps that don't exist or run others, and of unknown error classes."""
    kinds = {node.step_id: node.kind for node in draft.nodes}
    answering = [step_id for step_id, kind in kinds.items() if kind in ("step", "hitl")]
    for number, test in enumerate(draft.spec.tests):
        for step_id, mock in test.mocks.items():
            pointer = format_pointer(["tests", number, "mocks", step_id])
            if step_id not in kinds:
                yield find_dangling(step_id, pointer, answering, "step")
            elif step_id not in answering:
                yield Finding(
                    "mocked-container",
                    pointer,
                    f"{step_id!r} is a {kinds[step_id]}, which answers nothing by itself",
                    "mock the steps inside it",
                )
            if mock.error is not None and mock.error not in MOCK_ERRORS:
                yield find_dangling(mock.error, f"{pointer}/error", MOCK_ERRORS, "error class")
