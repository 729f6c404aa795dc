"""Does one version do worse than another? Two-sample tests within strata of alike runs, so that a change of what is
asked isn't taken for a change of how well it is answered.

A stratum is the set of branches a run went through. Success is tested by Cochran, Mantel and Haenszel; money and time
by the mean of their logarithms, which a few extreme runs can't move (Welch, weighted by the size of the stratum).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, variance
from typing import Final

from telemetry import Run

Groups = Sequence[tuple[Sequence[Run], Sequence[Run]]]
"""Alike runs of the version before and the version after, by stratum."""

_NORMAL: Final = NormalDist()
_FEWEST = 5
_COVERED = 0.8
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Worsening:
    """How much worse a term is, as the share of what it was; `p_value` is one-sided, against "no worse"."""

    before: float
    after: float
    p_value: float

    @property
    def ratio(self) -> float:
        """The value after by the value before; infinite where it was nothing."""
        return self.after / self.before if self.before else math.inf if self.after else 1.0


def stratify(before: Sequence[Run], after: Sequence[Run]) -> Groups:
    """Group runs by the branches they took; one group of all where the groups both versions share hold too few.

    A group needs five runs of each version, and the groups together four runs in five of each.
    """
    first, second = _by_route(before), _by_route(after)
    shared = [
        (first[route], second[route])
        for route in sorted(first, key=sorted)
        if len(first[route]) >= _FEWEST and len(second.get(route, ())) >= _FEWEST
    ]
    if sum(len(group) for group, _ in shared) < _COVERED * len(before):
        return [(before, after)]
    if sum(len(group) for _, group in shared) < _COVERED * len(after):
        return [(before, after)]
    return shared


def compare_success(groups: Groups) -> Worsening:
    """Test whether fewer runs succeed."""
    surplus = spread = 0.0
    for before, after in groups:
        total = len(before) + len(after)
        lost, gone = _failures(after), _failures(before) + _failures(after)
        share = gone / total
        surplus += lost - len(after) * share
        spread += len(before) * len(after) / total * share * (1 - share) * total / (total - 1)
    p_value = 1 - _NORMAL.cdf((surplus - 0.5) / math.sqrt(spread)) if spread else 1.0
    first, second = (_failures(version) / len(version) for version in _pool(groups))
    return Worsening(first, second, p_value)


def compare_amount(groups: Groups, amount_of: Callable[[Run], float]) -> Worsening | None:
    """Test whether successful runs take more of something; `None` where too few succeeded."""
    before, after = ([run for run in version if run.succeeded] for version in _pool(groups))
    if min(len(before), len(after)) < _FEWEST:
        return None
    shift = spread = 0.0
    for group in groups:
        first, second = (_logs(version, amount_of) for version in group)
        if min(len(first), len(second)) < _FEWEST:
            continue
        weight = len(first) * len(second) / (len(first) + len(second))
        shift += weight * (fmean(second) - fmean(first))
        spread += weight**2 * (variance(first) / len(first) + variance(second) / len(second))
    p_value = 1 - _NORMAL.cdf(shift / math.sqrt(spread)) if spread else float(shift <= 0)
    return Worsening(fmean(map(amount_of, before)), fmean(map(amount_of, after)), p_value)


def _by_route(runs: Sequence[Run]) -> Mapping[frozenset[str], Sequence[Run]]:
    groups: dict[frozenset[str], list[Run]] = {}
    for run in runs:
        route = frozenset(step.branch for step in run.steps if step.branch)
        groups.setdefault(route, []).append(run)
    return groups


def _pool(groups: Groups) -> tuple[list[Run], list[Run]]:
    return [run for group, _ in groups for run in group], [
        run for _, group in groups for run in group
    ]


def _failures(runs: Sequence[Run]) -> int:
    return sum(not run.succeeded for run in runs)


def _logs(runs: Sequence[Run], amount_of: Callable[[Run], float]) -> list[float]:
    return [math.log(max(_SMALLEST, amount_of(run))) for run in runs if run.succeeded]
