"""Past runs from a server's store: a sample in which everybody counts by what they sent, and how often they came."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from app.store import (
    SampledRun,
    Selection,
    Store,
    Transaction,
    iterate_rollups,
    list_samples,
    list_telemetry_names,
)
from meta_agent import Traffic
from telemetry import MAX_SHARE, Run
from telemetry.attributes import WORKFLOW_STEP_ID
from telemetry.volume import (
    HOUR_S,
    RUNS_PER_DAY,
    HourlyStats,
    cap_shares,
    estimate_population,
    even_out,
)

DAYS: Final = 30
"""How far back runs are looked at."""

_SHORTEST_HOURS: Final = 24
_MONTH_HOURS: Final = 365.25 / 12 * 24


@dataclass(frozen=True, slots=True)
class StoredRuns:
    """Whole runs, by start, and the traffic of each version that was there for a day or more, by its hash."""

    runs: tuple[Run, ...] = ()
    traffic: Mapping[str, Traffic] = field(default_factory=dict)


def read_runs(
    store: Store,
    repository: str,
    *,
    now: datetime,
    days: int = DAYS,
    max_share: float = MAX_SHARE,
    runs_per_day: int = RUNS_PER_DAY,
) -> StoredRuns:
    """Return what a repository's workflows did in the last `days`, under its own name here and those it was sent under.

    No sender is more than `max_share` of a version's runs, neither among the sampled ones nor in its traffic.
    """
    since = now - timedelta(days=days)
    first_hour = int(since.timestamp()) // HOUR_S
    with store.snapshot() as rows:
        names = _list_names(rows, repository)
        samples = tuple(
            sample for name in names for sample in list_samples(rows, repository=name, since=since)
        )
        counted = _count_runs(
            hour
            for name in names
            for hour in iterate_rollups(rows, Selection(repository=name, first_hour=first_hour))
        )
    chosen: list[Run] = []
    traffic: dict[str, Traffic] = {}
    by_version = _group_by_version(samples)
    for sha256 in sorted({*by_version, *counted}):
        runs, share = _choose(by_version.get(sha256, ()), max_share, runs_per_day)
        chosen += runs
        seen = _measure(counted.get(sha256, {}), share)
        if seen is not None:
            traffic[sha256] = seen
    chosen.sort(key=lambda run: (run.started_at, run.run_id))
    return StoredRuns(tuple(chosen), traffic)


def _list_names(rows: Transaction, repository: str) -> tuple[str, ...]:
    """Return what telemetry may be filed under; the rows of one repository don't tell the names of another."""
    known = list_telemetry_names(rows) if rows.repository == repository else ()
    return tuple(dict.fromkeys((repository, *known)))


def _group_by_version(samples: Iterable[SampledRun]) -> Mapping[str, Sequence[SampledRun]]:
    groups: defaultdict[str, list[SampledRun]] = defaultdict(list)
    for sample in samples:
        groups[sample.run.spec_sha256].append(sample)
    return groups


def _choose(
    samples: Sequence[SampledRun], max_share: float, runs_per_day: int
) -> tuple[list[Run], float]:
    """Return runs of a version so that each sender counts by its share, and how much of all runs may count."""
    strata: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    of_sender: defaultdict[str, list[SampledRun]] = defaultdict(list)
    for sample in samples:
        strata[sample.run.sender, sample.stratum].append(sample.rank)
        of_sender[sample.run.sender].append(sample)
    populations: defaultdict[str, float] = defaultdict(float)
    for (sender, _), ranks in strata.items():
        populations[sender] += estimate_population(ranks, limit=runs_per_day)
    capped = cap_shares(populations, max_share=max_share)
    sizes = {sender: len(some) for sender, some in of_sender.items()}
    taken: list[Run] = []
    for sender, size in even_out(sizes, capped).items():
        # The smallest ranks are an even sample of all days, a day's own number of runs isn't.
        ordered = sorted(of_sender[sender], key=lambda sample: (sample.rank, sample.run.run_id))
        taken += [sample.run for sample in ordered[:size]]
    total = sum(populations.values())
    return taken, sum(capped.values()) / total if total else 1.0


def _count_runs(hourly: Iterable[HourlyStats]) -> Mapping[str, Mapping[int, int]]:
    """Return runs by version and hour: those whose own span came, else the most that any step was reached by."""
    own: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    by_step: defaultdict[str, defaultdict[int, dict[str, int]]]
    by_step = defaultdict(lambda: defaultdict(dict))
    for each in hourly:
        sha256, step_id = each.step.spec_sha256, each.step.step_id
        if step_id == WORKFLOW_STEP_ID:
            own[sha256][each.hour] += each.executions
        steps = by_step[sha256][each.hour]
        steps[step_id] = steps.get(step_id, 0) + each.runs
    return {
        sha256: own[sha256]
        if sha256 in own
        else {hour: max(steps.values()) for hour, steps in hours.items()}
        for sha256, hours in by_step.items()
        if sha256
    }


def _measure(by_hour: Mapping[int, int], share: float) -> Traffic | None:
    runs = sum(by_hour.values())
    hours = max(by_hour) - min(by_hour) + 1 if by_hour else 0
    if not runs or hours < _SHORTEST_HOURS:
        return None
    rate = runs * share * _MONTH_HOURS / hours
    less = "" if share == 1 else f", {1 - share:.0%} of them left out as one sender's"
    return Traffic(rate, f"{rate:,.0f} runs/month seen over {hours / 24:.1f} days{less}")
