"""Which candidate first: most expected value per minute of a reviewer's attention."""

from collections.abc import Sequence
from dataclasses import dataclass

from meta_agent.candidate import Candidate
from meta_agent.roi import RoiEstimate


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place; `behind` is a better one that touches the same place, so this one must wait for it."""

    candidate: Candidate
    estimate: RoiEstimate | None
    behind: Candidate | None = None


def rank(entries: Sequence[tuple[Candidate, RoiEstimate | None]]) -> list[Ranked]:
    """Order by expected net USD per review minute, then by lower bound; without an estimate last; ties keep order.

    Of candidates that touch overlapping pointers only the best stands free; the others queue behind it.
    """
    ranked: list[Ranked] = []
    for candidate, estimate in sorted(entries, key=lambda entry: _rank_key(entry[1])):
        free = (other.candidate for other in ranked if other.behind is None)
        behind = next((other for other in free if _overlap(candidate, other)), None)
        ranked.append(Ranked(candidate, estimate, behind))
    return ranked


def _rank_key(estimate: RoiEstimate | None) -> tuple[bool, float, float]:
    if estimate is None:
        return True, 0.0, 0.0
    # Spread over more minutes a loss would look smaller: losses are compared as they are.
    shared = estimate.mid > 0 and estimate.review_minutes > 0
    value = estimate.mid / estimate.review_minutes if shared else estimate.mid
    return False, -value, -estimate.low


def _overlap(first: Candidate, second: Candidate) -> bool:
    return any(
        _is_within(mine, other) or _is_within(other, mine)
        for mine in _pointers(first)
        for other in _pointers(second)
    )


def _pointers(candidate: Candidate) -> list[str]:
    pointers = []
    for operation in candidate.patch.operations:
        pointers.append(operation.path)
        if operation.from_path:
            pointers.append(operation.from_path)
    return pointers


def _is_within(pointer: str, ancestor: str) -> bool:
    return f"{pointer}/".startswith(f"{ancestor}/")
