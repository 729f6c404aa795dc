"""Columns of spans → statistics per step and hour, by sorting and adding whole columns at once."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.attributes import Outcome
from telemetry.prices import date_of_price, name_price_table, price_usd
from telemetry.volume.columns import Columns, Numbers, identify_steps, mix_keys
from telemetry.volume.hourly import HOUR_S, HourlyStats, keep_most
from telemetry.volume.seen import SeenKeys
from telemetry.volume.sketch import EMPTY, sketch_groups
from telemetry.volume.slots import (
    ATTEMPT_OF_STEP,
    ERROR_CLASSES,
    NO_COST,
    OF_OTHERS,
    OUTCOMES,
    PICO,
    PRICED,
    RUN,
    STEP,
)

_HOUR_NS: Final = np.uint64(HOUR_S * 10**9)
_OK: Final = OUTCOMES.index(Outcome.OK)
_Flags = NDArray[np.bool_]


class Folded(NamedTuple):
    """Statistics of some spans, and the (run, step) keys among them that were new."""

    stats: tuple[HourlyStats, ...]
    reached: NDArray[np.uint64]


def fold_spans(columns: Columns, counts: _Flags, *, reached: SeenKeys) -> Folded:
    """Add up the spans that count; `reached` remembers which runs were counted for which step."""
    keep = np.flatnonzero(counts)
    if not len(keep):
        return Folded((), np.empty(0, np.uint64))
    groups, owner = _group(columns, keep)
    run, step, attempt = (
        (columns.role[keep] & bit).astype(np.bool_) for bit in (RUN, STEP, ATTEMPT_OF_STEP)
    )
    execution = run | step
    failed = columns.outcome[keep] != _OK
    size = len(groups)
    pairs = mix_keys(columns.run[keep], identify_steps(columns)[columns.step[keep]])
    new_keys = np.zeros(len(keep), np.bool_)
    # Others have no span for a run; each of theirs tells that its trace came by.
    reaching = execution | (columns.role[keep] & OF_OTHERS).astype(np.bool_)
    new_keys[reaching] = reached.add(pairs[reaching])
    latency_ms = columns.latency_ms[keep]
    by_class = _Tally(owner, columns.error_class[keep])
    first = attempt & (columns.attempt[keep] <= 1)
    sums = {
        "spans": _count(owner, np.ones(len(keep), np.bool_), size),
        "runs": _count(owner, new_keys, size),
        "executions": _count(owner, execution, size),
        "failures": _count(owner, execution & failed, size),
        "attempts": _count(owner, attempt, size),
        "input_tokens": _sum(owner, np.where(attempt, columns.input_tokens[keep], 0), size),
        "output_tokens": _sum(owner, np.where(attempt, columns.output_tokens[keep], 0), size),
    }
    price, worked_out = _price(columns, keep, attempt)
    cost = _sum_cost(owner, np.where(attempt, price, 0), size)
    priced = _count(owner, attempt & worked_out, size)
    latency = sketch_groups(owner[execution], latency_ms[execution])
    attempt_latency = sketch_groups(owner[attempt], latency_ms[attempt])
    classes = by_class.of(attempt & failed, ERROR_CLASSES)
    first_classes = by_class.of(first & failed, ERROR_CLASSES)
    models = _Tally(owner, columns.model[keep]).of(attempt, columns.models)
    stats = tuple(
        HourlyStats(
            step=columns.steps[code],
            hour=hour,
            yaml_path=columns.yaml_paths[code],
            cost_pico=cost[n],
            latency=latency.get(n, EMPTY),
            attempt_latency=attempt_latency.get(n, EMPTY),
            failures_by_class=classes.get(n, {}),
            first_failures_by_class=first_classes.get(n, {}),
            models=keep_most(models.get(n, {})),
            priced={name_price_table(): int(priced[n])} if priced[n] else {},
            **{name: int(values[n]) for name, values in sums.items()},
        )
        for n, (code, hour) in enumerate(groups)
    )
    return Folded(stats, pairs[new_keys])


class _Tally:
    """Counts of names, group by group."""

    def __init__(self, owner: Numbers, name: Numbers) -> None:
        self._both = (owner << 32) + name

    def of(self, chosen: _Flags, names: Iterable[str]) -> dict[int, dict[str, int]]:
        spelled = [str(name) for name in names]
        found: dict[int, dict[str, int]] = {}
        for both, count in zip(*np.unique(self._both[chosen], return_counts=True), strict=True):
            name = spelled[int(both) & 0xFFFFFFFF]
            if name:
                found.setdefault(int(both) >> 32, {})[name] = int(count)
        return found


def _group(columns: Columns, keep: Numbers) -> tuple[list[tuple[int, int]], Numbers]:
    hours = (columns.start_ns[keep] // _HOUR_NS).astype(np.int64)
    both = (columns.step[keep] << 32) + hours
    distinct, owner = np.unique(both, return_inverse=True)
    return [(int(each) >> 32, int(each) & 0xFFFFFFFF) for each in distinct], owner.astype(np.int64)


def _count(owner: Numbers, chosen: _Flags, size: int) -> Numbers:
    return np.bincount(owner[chosen], minlength=size)


def _sum(owner: Numbers, values: Numbers, size: int) -> Numbers:
    total = np.zeros(size, np.int64)
    np.add.at(total, owner, values)
    return total


def _sum_cost(owner: Numbers, pico: Numbers, size: int) -> list[int]:
    # A block of forged costs could exceed 64 bits, whole dollars and their fractions apart can't.
    dollars = _sum(owner, pico // PICO, size)
    rest = _sum(owner, pico % PICO, size)
    return [int(whole) * PICO + int(part) for whole, part in zip(dollars, rest, strict=True)]


def _price(columns: Columns, keep: Numbers, attempt: _Flags) -> tuple[Numbers, _Flags]:
    """Return what each span cost, and which of these figures come from our price table."""
    stated = columns.cost_pico[keep]
    worked_out = (columns.role[keep] & PRICED).astype(np.bool_)
    missing = np.flatnonzero((stated == NO_COST) & attempt)
    priced = np.where(stated == NO_COST, 0, stated)
    if not len(missing):
        return priced, worked_out
    places = keep[missing]
    hours = (columns.start_ns[places] // _HOUR_NS).astype(np.int64)
    tokens_in, tokens_out = columns.input_tokens[places], columns.output_tokens[places]
    calls = np.stack((columns.model[places], tokens_in, tokens_out, hours))
    distinct, which = np.unique(calls, axis=1, return_inverse=True)
    prices = [_price_call(columns.models[model], *rest) for model, *rest in distinct.T.tolist()]
    priced[missing] = np.array(prices, np.int64)[which.reshape(-1)]
    worked_out[missing] = priced[missing] > 0
    return priced, worked_out


def _price_call(model: str, input_tokens: int, output_tokens: int, hour: int) -> int:
    if not model or not (input_tokens or output_tokens):
        return 0
    at = date_of_price(hour * HOUR_S * 10**9)
    price = price_usd(model, input_tokens, output_tokens, at=at)
    return 0 if price is None else int(round(price, 12) * PICO)
