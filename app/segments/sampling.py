"""Which runs are kept whole: of every version, sender and day the same number, drawn evenly, however many there are.

Each sender has a sample of its own, so that a flood of one can't push the runs of all others out.

Every trace has a rank, a hash of its id and of a secret of the store, so that nobody can choose ids that are sampled;
the runs of the smallest ranks are kept (a bottom-k sample). As more traces come the bound only falls, so a run that
ends in the sample was a candidate from its first span on, and none of its spans is missing, whichever order they came
in. Candidates wait in the store until their last span is some time ago.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.segments.whole_runs import group_by_trace, read_runs
from app.store import (
    Transaction,
    WaitingSpans,
    keep_run,
    list_waiting,
    read_ranks,
    stop_waiting,
)
from telemetry.volume import (
    RUNS_PER_DAY,
    Columns,
    Row,
    mix_keys,
    pack_rows,
    slots,
)

GRACE_S: Final = 30
"""A run's spans may come in several requests, this far apart."""

_PATIENCE_S: Final = 900
"""A run that is still incomplete after this is given up."""

_MAX_SPANS: Final = 2_000
"""A run of more spans is counted, but not kept whole."""

_MAX_STRATA: Final = 1_000
"""Versions and days that are sampled at a time; what invents more versions gets no samples."""

_SECOND_NS: Final = 10**9
_DAY_NS: Final = 86_400 * _SECOND_NS


@dataclass(slots=True)
class RunSampler:
    """Chooses spans of candidate runs; knows the smallest ranks of each stratum."""

    salt: int
    runs_per_day: int = RUNS_PER_DAY
    _ranks: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def load(
        cls, rows: Transaction, *, salt: int, runs_per_day: int = RUNS_PER_DAY
    ) -> "RunSampler":
        """Return a sampler that goes on where the store left off."""
        ranks = {
            stratum: np.array(found[:runs_per_day], np.int64)
            for stratum, found in read_ranks(rows).items()
        }
        return cls(salt, runs_per_day, ranks)

    def choose(
        self, columns: Columns, counts: NDArray[np.bool_], rows: Sequence[Row]
    ) -> list[WaitingSpans]:
        """Return the spans of candidate runs, ready to wait in the store."""
        waiting: list[WaitingSpans] = []
        for stratum, repository, places in _strata(columns, counts):
            ranks = _rank(columns.trace[places], self.salt)
            candidates = ranks <= self._lower_bound(stratum, ranks)
            chosen = _Chosen(stratum, repository, places[candidates], ranks[candidates])
            waiting += _pack(columns, rows, chosen)
        return waiting

    def _lower_bound(self, stratum: str, ranks: NDArray[np.int64]) -> int:
        known = self._ranks.get(stratum)
        if known is None:
            if len(self._ranks) >= _MAX_STRATA:
                return -1
            known = np.empty(0, np.int64)
        smallest = np.union1d(known, ranks)[: self.runs_per_day]
        self._ranks[stratum] = smallest
        return int(smallest[-1]) if len(smallest) else -1

    def settle(self, rows: Transaction, *, now_ns: int) -> int:
        """Keep the waiting runs that have become complete, give up old ones; returns how many were kept."""
        self._forget_old_days(now_ns)
        kept = 0
        done: list[str] = []
        for trace, group in group_by_trace(list_waiting(rows)).items():
            # Where the clock was set back meanwhile, nobody can tell how long it was.
            quiet_ns = abs(now_ns - max(row.received_ns for row in group))
            if quiet_ns < GRACE_S * _SECOND_NS:
                continue
            if all(map(self._is_beyond, group)):
                done.append(trace)
                continue
            told = read_runs(group)
            if told.are_incomplete and quiet_ns < _PATIENCE_S * _SECOND_NS:
                continue
            done.append(trace)
            for waiting, run in told.runs:
                keep_run(
                    rows,
                    run,
                    repository=waiting.repository,
                    stratum=waiting.stratum,
                    rank=waiting.rank,
                    limit=self.runs_per_day,
                )
                kept += 1
        stop_waiting(rows, done)
        return kept

    def _is_beyond(self, waiting: WaitingSpans) -> bool:
        """Whether so many runs of smaller ranks have come meanwhile that this one is out of the sample."""
        ranks = self._ranks.get(waiting.stratum)
        return ranks is not None and len(ranks) > 0 and waiting.rank > int(ranks[-1])

    def _forget_old_days(self, now_ns: int) -> None:
        oldest = now_ns // _DAY_NS - 1
        for stratum in [name for name in self._ranks if int(name.rpartition("@")[2]) < oldest]:
            del self._ranks[stratum]


def tell_of_runs(columns: Columns) -> NDArray[np.bool_]:
    """Say which spans may become part of a whole run: other emitters' only where they declare the version."""
    has_hash = np.array([bool(step.spec_sha256) for step in columns.steps], np.bool_)
    told: NDArray[np.bool_] = (columns.role & slots.OF_OTHERS == 0) | has_hash[columns.step]
    return told


def _strata(
    columns: Columns, counts: NDArray[np.bool_]
) -> Iterable[tuple[str, str, NDArray[np.int64]]]:
    versions: dict[tuple[str, str, str], int] = {}
    of_step = np.array(
        [
            versions.setdefault((step.repository, step.spec_path, step.spec_sha256), len(versions))
            for step in columns.steps
        ],
        np.int64,
    )
    names = list(versions)
    places = np.flatnonzero(counts)
    owner = of_step[columns.step[places]] * len(columns.senders) + columns.sender[places]
    both = (owner << 32) + columns.received_ns[places] // _DAY_NS
    for each in np.unique(both).tolist():
        version, sender = divmod(each >> 32, len(columns.senders))
        repository, path, sha256 = names[version]
        told = f":{columns.senders[sender]}" if columns.senders[sender] else ""
        stratum = f"{repository}:{path}:{sha256}{told}@{each & 0xFFFFFFFF}"
        yield stratum, repository, places[both == each]


def _rank(traces: NDArray[np.uint64], salt: int) -> NDArray[np.int64]:
    salted = mix_keys(traces, np.full(len(traces), salt, np.int64))
    return (salted >> np.uint64(1)).astype(np.int64)


class _Chosen(NamedTuple):
    """Spans of one stratum that are candidates: their places among the rows, and the ranks of their traces."""

    stratum: str
    repository: str
    places: NDArray[np.int64]
    ranks: NDArray[np.int64]


def _pack(columns: Columns, rows: Sequence[Row], chosen: _Chosen) -> Iterable[WaitingSpans]:
    by_trace: dict[tuple[int, int], list[int]] = {}
    traces = columns.trace[chosen.places].tolist()
    for place, trace, rank in zip(
        chosen.places.tolist(), traces, chosen.ranks.tolist(), strict=True
    ):
        by_trace.setdefault((trace, rank), []).append(place)
    for (trace, rank), places in by_trace.items():
        if len(places) <= _MAX_SPANS:
            yield WaitingSpans(
                trace=f"{trace:016x}",
                repository=chosen.repository,
                stratum=chosen.stratum,
                rank=rank,
                received_ns=int(columns.received_ns[places[-1]]),
                spans=pack_rows(rows[place] for place in places),
            )
