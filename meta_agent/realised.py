"""What a patch has brought by the runs since: the estimate's own formula, on real runs of both versions.

Two periods are compared, so what else changed between them must not pass for the patch. Prices: both arms are priced by
one table. Traffic: runs are compared within strata of what was settled before the patched steps began (how long the
input was, which branches were taken), and put together in the shares of the base's runs. Nothing that the patch could
have influenced makes a stratum.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from meta_agent.paired_tests import value_of
from meta_agent.roi import RunOutcome
from meta_agent.roi_settings import RoiSettings
from meta_agent.traffic import Traffic
from telemetry import Attempt, Run
from workflow import Reprice

_MIN_STRATUM = 5
_SIZE_CLASSES = 4.0
"""Inputs are of the same size class within this factor."""


@dataclass(frozen=True, slots=True)
class Realised:
    """What a run is worth more in USD since the patch, over `strata` kinds of runs; `loss_usd` is what one lost before.

    A run's loss is its cost, its waiting at the price of latency, and the value of a success where it failed.
    """

    gain_usd_per_run: float
    loss_usd: float
    strata: int

    def net_usd(self, traffic: Traffic, fixed_usd: float) -> float:
        """Return net USD a month, as the estimate does."""
        return self.gain_usd_per_run * traffic.runs_per_month - fixed_usd


def compare_periods(
    base: Sequence[Run],
    head: Sequence[Run],
    *,
    settings: RoiSettings,
    patched: Collection[str] = (),
    reprice: Reprice | None = None,
) -> Realised:
    """Compare runs before and after, neither none; `patched` are the `step_id`s whose runs the patch changes."""
    before = _values_by_stratum(base, settings, patched, reprice)
    after = _values_by_stratum(head, settings, patched, reprice)
    before, after = _pool_small(before, after)
    gains = [
        (len(before[stratum]), _mean(after[stratum]) - _mean(before[stratum])) for stratum in before
    ]
    gain_usd = sum(count * gain for count, gain in gains) / len(base)
    values = [value for each in before.values() for value in each]
    return Realised(gain_usd, settings.value_per_success_usd - _mean(values), len(gains))


def price_run(run: Run, reprice: Reprice | None) -> RunOutcome:
    """Return what counts of a run, its calls priced by one table where that knows their models."""
    cost_usd = sum(_price(attempt, reprice) for step in run.steps for attempt in step.attempts)
    told = float(run.cost_usd)
    reported = sum(float(one.cost_usd) for step in run.steps for one in step.attempts)
    return RunOutcome(max(0.0, told + cost_usd - reported), run.succeeded, run.latency_ms / 1000)


def stratum_of(run: Run, patched: Collection[str]) -> str:
    """Return the kind of a run, by what was settled before any patched step began."""
    branches: list[str] = []
    size = ""
    for step in run.steps:
        if step.branch and step.branch not in branches:
            branches.append(step.branch)
        if step.step_id in patched:
            break
        if not size:
            size = next((_size_class(one) for one in step.attempts if one.input_tokens), "")
    return f"{size}/{'/'.join(branches)}"


def _size_class(attempt: Attempt) -> str:
    size, bound = 0, 1.0
    while attempt.input_tokens > bound:
        size, bound = size + 1, bound * _SIZE_CLASSES
    return str(size)


def _price(attempt: Attempt, reprice: Reprice | None) -> float:
    if reprice is None or not attempt.model or not attempt.input_tokens + attempt.output_tokens:
        return float(attempt.cost_usd)
    price = reprice(attempt.model, attempt.input_tokens, attempt.output_tokens)
    return float(attempt.cost_usd if price is None else price)


_Strata = Mapping[str, Sequence[float]]


def _values_by_stratum(
    runs: Sequence[Run], settings: RoiSettings, patched: Collection[str], reprice: Reprice | None
) -> _Strata:
    values: dict[str, list[float]] = {}
    for run in runs:
        stratum = stratum_of(run, patched) if patched else ""
        values.setdefault(stratum, []).append(value_of(price_run(run, reprice), settings))
    return values


def _pool_small(before: _Strata, after: _Strata) -> tuple[_Strata, _Strata]:
    """Put strata that one side hardly has together; if nothing else is left on a side, all of them."""
    large = {
        stratum
        for stratum in before
        if min(len(before[stratum]), len(after.get(stratum, ()))) >= _MIN_STRATUM
    }
    pooled = [
        _merge(arm, {stratum: stratum if stratum in large else "*" for stratum in arm})
        for arm in (before, after)
    ]
    if all(set(arm) == set(pooled[0]) for arm in pooled):
        return pooled[0], pooled[1]
    return _merge(before, dict.fromkeys(before, "*")), _merge(after, dict.fromkeys(after, "*"))


def _merge(arm: _Strata, names: Mapping[str, str]) -> _Strata:
    merged: dict[str, list[float]] = {}
    for stratum, values in arm.items():
        merged.setdefault(names[stratum], []).extend(values)
    return merged


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
