"""Which spans count: what is impossible is set aside with its reason, before anything is added up."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from telemetry.assemble import Quarantine
from telemetry.volume.columns import Columns
from telemetry.volume.slots import NO_OUTCOME, OF_OTHERS

MAX_AHEAD_S: Final = 300
"""Clocks differ; a span that ends later than this after its arrival is an error or an attack."""

MAX_AGE_S: Final = 400 * 86_400
"""Late data is welcome for a good year."""

_SECOND_NS: Final = 10**9


@dataclass(frozen=True, slots=True)
class Judged:
    """Which spans count, and for each reason how many don't, by repository."""

    counts: NDArray[np.bool_]
    quarantined: dict[tuple[str, Quarantine], int]


def judge_spans(columns: Columns, *, is_new: NDArray[np.bool_]) -> Judged:
    """Judge every span by itself; `is_new` is False for one whose id was seen before."""
    received = columns.received_ns.astype(np.uint64)
    ahead, age = np.uint64(MAX_AHEAD_S * _SECOND_NS), np.uint64(MAX_AGE_S * _SECOND_NS)
    has_hash = np.array([bool(step.spec_sha256) for step in columns.steps], np.bool_)
    # Workflows that we didn't run may not know their version; they declare the path of their spec.
    of_others = (columns.role & OF_OTHERS).astype(np.bool_)
    # The first reason that holds is the one that is told.
    reasons = {
        Quarantine.DUPLICATE_SPAN: ~is_new,
        Quarantine.BAD_VALUE: columns.bad | (columns.outcome == NO_OUTCOME),
        Quarantine.MISSING_HASH: ~(has_hash[columns.step] | of_others),
        Quarantine.NEGATIVE_DURATION: columns.end_ns < columns.start_ns,
        Quarantine.FUTURE: columns.end_ns > received + ahead,
        Quarantine.TOO_OLD: columns.start_ns + age < received,
    }
    counts = np.ones(len(columns), np.bool_)
    quarantined: dict[tuple[str, Quarantine], int] = {}
    for reason, holds in reasons.items():
        found = holds & counts
        _count(columns, found, reason, into=quarantined)
        counts &= ~found
    return Judged(counts, quarantined)


def set_aside(
    columns: Columns, judged: Judged, beyond: NDArray[np.bool_], reason: Quarantine
) -> Judged:
    """Return a judgement by which some more spans don't count; those that didn't anyway keep their reason."""
    quarantined = dict(judged.quarantined)
    _count(columns, beyond & judged.counts, reason, into=quarantined)
    return Judged(judged.counts & ~beyond, quarantined)


def _count(
    columns: Columns,
    found: NDArray[np.bool_],
    reason: Quarantine,
    *,
    into: dict[tuple[str, Quarantine], int],
) -> None:
    if not found.any():
        return
    for code, spans in zip(*np.unique(columns.step[found], return_counts=True), strict=True):
        key = (columns.steps[code].repository, reason)
        into[key] = into.get(key, 0) + int(spans)
