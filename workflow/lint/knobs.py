"""A knob on a step that asks and calls nothing by itself turns nothing; say so."""

from collections.abc import Iterator

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding
from workflow.lint.draft import Draft

_KNOBS = ("config", "usage_limits")
# A router is asked itself, with retries and in time.
_TURNED = frozenset({("dynamic_router", "config")})


def check_knobs(draft: Draft) -> Iterator[Finding]:
    """Warn of retries, timeouts and limits on steps that only run others."""
    for node in draft.nodes:
        if node.kind == "step":
            continue
        for knob in _KNOBS:
            if node.raw.get(knob) and (node.kind, knob) not in _TURNED:
                yield Finding(
                    "no-effect",
                    f"{node.pointer}/{knob}",
                    f"`{knob}` on a {node.kind} has no effect",
                    "put it on the steps inside",
                    Severity.WARNING,
                )
