"""A knob on a step that asks and calls nothing by itself turns nothing; say so."""

from collections.abc import Iterator

from workflow.diagnostics import Severity
from workflow.findings import Finding
from workflow.lint.draft import Draft

_KNOBS = ("config", "usage_limits")


def check_knobs(draft: Draft) -> Iterator[Finding]:
    """Warn of retries, timeouts and limits on steps that only run others."""
    for node in draft.nodes:
        if node.kind == "step":
            continue
        for knob in _KNOBS:
            if node.raw.get(knob):
                yield Finding(
                    "no-effect",
                    f"{node.pointer}/{knob}",
                    f"`{knob}` on a {node.kind} has no effect",
                    "put it on the steps inside",
                    Severity.WARNING,
                )
