"""A pause for a person where other readers of the format lose it."""

from collections.abc import Iterable, Iterator

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding
from workflow.lint.blocks import Place
from workflow.lint.draft import Draft


def check_pauses(draft: Draft) -> Iterator[Finding]:
    """Warn of a hitl in a conditional in a loop: here it pauses, the original format's runner skips it silently."""
    yield from _find(draft.top, in_loop=False, in_choice=False)


def _find(places: Iterable[Place], *, in_loop: bool, in_choice: bool) -> Iterator[Finding]:
    for place in places:
        kind = place.node.kind
        if kind == "hitl" and in_choice:
            yield Finding(
                "hitl-in-loop-branch",
                place.node.pointer,
                f"{place.node.name!r} asks a person inside a conditional inside a loop: "
                "the original Flujo skips it silently",
                "ask before the conditional, if the file is also run there",
                Severity.WARNING,
            )
        chooses = in_choice or (in_loop and kind == "conditional")
        loops = in_loop or kind == "loop"
        yield from _find(place.inside, in_loop=loops, in_choice=chooses)
