"""What a check has to say before the line is known: a diagnostic in the making."""

import difflib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from workflow.diagnostics.diagnostic import Severity

_MOST_NAMES = 8
_MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic whose place is still a JSON Pointer."""

    id: str
    pointer: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


def find_dangling(name: str, pointer: str, known: Iterable[str], noun: str) -> Finding:
    """Return the finding that `name` is none of the `known`; its id is `dangling-` and the noun's first word."""
    names = sorted(known)
    return Finding(
        f"dangling-{noun.split()[0]}", pointer, f"no {noun} {name!r}", _advise(name, names)
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest of the known words, `""` when none is near."""
    near = heapq.nsmallest(_MOST_COMPARED, known, key=lambda one: abs(len(one) - len(name)))
    close = difflib.get_close_matches(name, near, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


def _advise(name: str, known: list[str]) -> str:
    if not known:
        return "none is declared"
    shown = ", ".join(known[:_MOST_NAMES]) + (", …" if len(known) > _MOST_NAMES else "")
    return did_you_mean(name, known) or f"known: {shown}"
