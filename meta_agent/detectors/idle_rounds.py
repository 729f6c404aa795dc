"""Finds loops that go on after the last improvement: their late rounds cost and bring nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import Window
from meta_agent.opportunity import Opportunity
from meta_agent.rounds import WHOLE, LoopVisit, find_last_step, read_rounds, recall_rounds
from meta_agent.statistics import ONE_SIDED_95, wilson_bounds
from workflow import StepNode

KIND: Final = "idle_rounds"

_DEFAULT_ROUNDS = 5
_MIN_VISITS = 30
_REST = 0.05
"""What late rounds may still bring of the whole improvement, on average, at an upper bound."""
_GREAT = 0.25
"""An improvement of this share of the whole, in one visit, is a late success."""
_LATE_SUCCESSES = 0.05
_LATE_EXITS = 0.02
_CLEAR_Z = 3.0


@dataclass(frozen=True, slots=True)
class _Idle:
    node: StepNode
    limit: int
    useful: int
    visits: Sequence[LoopVisit]
    """All of them, also those whose rounds' numbers aren't known."""

    @property
    def wasted_rounds(self) -> int:
        return sum(max(0, visit.rounds - self.useful) for visit in self.visits)


def find_idle_rounds(window: Window) -> list[Opportunity]:
    """Return loops whose rounds, from some number on, improve nothing, in document order.

    A round's numbers are the scores in telemetry, or whatever numbers its answers hold in recordings. The late rounds
    are idle where none of these goes on changing, on average or in more than one visit of twenty, though some did
    before, and where the loop's exit isn't what the late rounds bring. Without such numbers nothing is said.
    """
    loops = [
        (node, last)
        for node in window.workflow.nodes
        if node.kind == "loop" and (last := find_last_step(node, window.workflow))
    ]
    told = read_rounds(window.runs, [last.step_id for _, last in loops]) if loops else {}
    found = []
    for node, last in loops:
        scored = [visit for visit in told[last.step_id] if any(visit.scores)]
        scored = scored or recall_rounds(window.recordings, last.step_id)
        idle = _look_at(node, told[last.step_id] or scored, scored)
        if idle and idle.wasted_rounds:
            found.append(_describe(idle, len(scored), window))
    return found


def _look_at(
    node: StepNode, visits: Sequence[LoopVisit], scored: Sequence[LoopVisit]
) -> _Idle | None:
    loop = node.raw.get("loop")
    stated = loop.get("max_loops") if isinstance(loop, dict) else None
    limit = stated if isinstance(stated, int) else _DEFAULT_ROUNDS
    for useful in range(1, limit):
        late = [visit for visit in scored if visit.rounds > useful]
        if not late:
            return None
        if not _exits_late(visits, useful, limit) and _is_flat_after(late, useful):
            return _Idle(node, limit, useful, visits)
    return None


def _exits_late(visits: Sequence[LoopVisit], useful: int, limit: int) -> bool:
    """Whether visits that go on end before the limit: what ends them is what the late rounds bring."""
    late = [visit for visit in visits if visit.rounds > useful]
    return sum(visit.rounds < limit for visit in late) > _LATE_EXITS * len(late)


def _is_flat_after(late: Sequence[LoopVisit], useful: int) -> bool:
    """Whether no number goes on changing after so many rounds, though one did change before."""
    names = {name for visit in late for name in visit.scores[0]}
    numbers = [name for name in names if name != WHOLE]
    if numbers:
        improved = [_has_improved(late, name, useful) for name in numbers]
        return any(improved) and all(_is_flat(late, name, useful) for name in numbers)
    return WHOLE in names and _never_changes(late, useful)


def _never_changes(late: Sequence[LoopVisit], useful: int) -> bool:
    """Whether every round after so many gives what the one before gave."""
    changed = [score.get(WHOLE, 1.0) for visit in late for score in visit.scores[useful:]]
    return sum(changed) <= _LATE_EXITS * len(changed)


def _has_improved(late: Sequence[LoopVisit], name: str, useful: int) -> bool:
    """Whether a number surely changed up to that round; the first round always brings something."""
    if useful == 1:
        return False
    mean, error = _mean([_change(visit, name, 0, useful - 1) for visit in late])
    return abs(mean) > _CLEAR_Z * error


def _is_flat(late: Sequence[LoopVisit], name: str, useful: int) -> bool:
    whole, _ = _mean([_change(visit, name, 0, -1) for visit in late])
    changes = [_change(visit, name, useful - 1, -1) for visit in late]
    mean, error = _mean(changes)
    if not any(changes):
        return True
    if abs(mean) + ONE_SIDED_95 * error > _REST * abs(whole):
        return False
    great = sum(change * math.copysign(1, whole) > _GREAT * abs(whole) for change in changes)
    return great <= _LATE_SUCCESSES * len(changes)


def _change(visit: LoopVisit, name: str, first: int, last: int) -> float:
    before, after = visit.scores[first].get(name), visit.scores[last].get(name)
    return 0.0 if before is None or after is None else after - before


def _mean(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and standard error."""
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / max(1, count - 1)
    return mean, math.sqrt(variance / count)


def _describe(found: _Idle, scored: int, window: Window) -> Opportunity:
    late = sum(visit.rounds > found.useful for visit in found.visits)
    missing = math.ceil(len(window.runs) * (_MIN_VISITS / scored - 1))
    return tell_step(
        window,
        KIND,
        found.node,
        f": rounds after number {found.useful} improve nothing, and {late / len(found.visits):.0%} of visits go on",
        {
            "max_loops": float(found.limit),
            "useful_rounds": float(found.useful),
            "visits": float(len(found.visits)),
            "scored_visits": float(scored),
            "wasted_rounds_per_run": found.wasted_rounds / max(1, len(window.runs)),
            "late_success_rate_high": wilson_bounds(0, scored)[1],
        },
        runs_needed=max(0, window.missing_runs, missing),
    )
