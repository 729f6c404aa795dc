"""Which runs may say what is worth improving, so that a few false ones can't choose it.

Two rules, for runs of one version each. One source may not say more than all others together, and no more may one
sender: who holds a token may name as many sources as they like. And runs in which a step
cost many times what it costs in most others aren't looked at while they are rare; when they are not, they are how the
step is. Latencies have no such rule: an answer that rarely takes for ever is just what is looked for.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from telemetry.runs import Run

MAX_SHARE: Final = 0.5
"""The share of the runs that one source may have, where there are several sources."""

EXTREME_TIMES: Final = 8
"""How many times the cost of most executions is extreme: so far out that few true runs in a hundred get there."""

RARE_SHARE: Final = 0.1
"""Up to this share of the runs extremes are set apart."""

_MOST: Final = 0.8
"""Twice `RARE_SHARE` from the top, so that not even all false runs together move it, should they share one step."""

_MIN_RUNS: Final = 30


def limit_sources(runs: Iterable[Run], *, max_share: float = MAX_SHARE) -> tuple[Run, ...]:
    """Return runs without what one sender, or one source, told beyond `max_share` (from 0.5 to 1).

    A sender is who vouched for the runs, a source what `service.instance.id` names of one; runs that don't say are of
    one source. What is kept is evenly spread in time. A single one is no share of anything, and stays whole.
    """
    if not 0.5 <= max_share <= 1:
        raise ValueError(f"a share from 0.5 to 1, not {max_share}")
    kept = tuple(runs)
    # Senders come last: then no source has more than its share either, for it has no more than its sender.
    for owner in (_name_source, _name_sender):
        left_out = {
            id(run)
            for of_version in _group(kept, lambda run: run.spec_sha256).values()
            for run in _find_surplus(of_version, owner, max_share)
        }
        kept = tuple(run for run in kept if id(run) not in left_out)
    return kept


def set_extremes_apart(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return runs without the few whose cost is out of proportion; below 30 runs nothing is."""
    given = tuple(runs)
    extreme: set[int] = set()
    for of_version in _group(given, lambda run: run.spec_sha256).values():
        if len(of_version) >= _MIN_RUNS:
            found = _find_extremes(of_version)
            if len(found) <= RARE_SHARE * len(of_version):
                extreme |= found
    return tuple(run for run in given if id(run) not in extreme)


def _name_source(run: Run) -> Hashable:
    return run.sender, run.source


def _name_sender(run: Run) -> Hashable:
    return run.sender


def _group(runs: Iterable[Run], key: Callable[[Run], Hashable]) -> Mapping[Hashable, Sequence[Run]]:
    groups: defaultdict[Hashable, list[Run]] = defaultdict(list)
    for run in runs:
        groups[key(run)].append(run)
    return groups


def _find_surplus(
    runs: Sequence[Run], owner: Callable[[Run], Hashable], max_share: float
) -> Sequence[Run]:
    by_owner = _group(runs, owner)
    if len(by_owner) == 1 or max_share == 1:
        return ()
    largest = max(by_owner.values(), key=len)
    others = len(runs) - len(largest)
    allowed = int(others * max_share / (1 - max_share))
    if len(largest) <= allowed:
        return ()
    ordered = sorted(largest, key=lambda run: (run.started_at, run.run_id))
    kept = {number * len(ordered) // allowed for number in range(allowed)}
    return [run for place, run in enumerate(ordered) if place not in kept]


def _find_extremes(runs: Sequence[Run]) -> set[int]:
    by_step: defaultdict[str, list[tuple[Decimal, int]]] = defaultdict(list)
    for run in runs:
        for step in run.steps:
            by_step[step.step_id].append((step.cost_usd, id(run)))
    found: set[int] = set()
    for costs in by_step.values():
        limit = EXTREME_TIMES * _typical(costs)
        found |= {run for cost, run in costs if cost > limit}
    return found


def _typical(costs: Sequence[tuple[Decimal, int]]) -> Decimal:
    ordered = sorted(cost for cost, _ in costs)
    return ordered[int(_MOST * (len(ordered) - 1))]
