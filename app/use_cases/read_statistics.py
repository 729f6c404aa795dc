"""What the steps of every version did in a window, from the roll-ups; versions nobody knows are shown, apart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from app.store import UNMAPPED, Selection, Store, iterate_rollups, list_quarantined
from telemetry import StepStats
from telemetry.attributes import WORKFLOW_STEP_ID
from telemetry.volume import HourlyStats, StepKey, merge_hourly, to_step_stats

VersionKey = tuple[str, str, str]
"""Repository, path of the spec, hash of the version."""

_PARTS: Final = 64
"""Hours of a step that are kept apart until they are merged."""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """A step of a version; `spans` counts all of its spans, `by_hour` its executions.

    `priced` counts the calls whose cost nobody stated, by the price table it was worked out with.
    """

    stats: StepStats
    spans: int
    by_hour: Mapping[int, int]
    priced: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """A version of a spec: its runs as their own root spans tell, its steps by id. `drift` None: nobody can tell."""

    repository: str
    spec_path: str
    spec_sha256: str
    drift: bool | None
    run: StepFigures | None
    steps: tuple[StepFigures, ...]

    @property
    def runs(self) -> int:
        """Runs whose root span came, else the most runs that any step was reached by."""
        if self.run:
            return self.run.stats.executions
        return max((step.stats.runs for step in self.steps), default=0)

    @property
    def spans(self) -> int:
        """All spans that count for this version."""
        return sum(step.spans for step in self.steps) + (self.run.spans if self.run else 0)

    @property
    def cost_usd(self) -> Decimal:
        """What all attempts cost."""
        return sum((step.stats.total_cost_usd for step in self.steps), Decimal(0))


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything in a window; `quarantined` counts spans that were set aside, by reason.

    `unmapped` spans declare no step: they lie in the log as they came.
    """

    versions: tuple[VersionFigures, ...]
    quarantined: Mapping[str, int] = field(default_factory=dict)
    unmapped: int = 0

    @property
    def spans(self) -> int:
        """All spans that count."""
        return sum(version.spans for version in self.versions)

    @property
    def priced(self) -> dict[str, int]:
        """How many calls' costs were worked out, by the table of prices."""
        found: Counter[str] = Counter()
        for version in self.versions:
            for step in version.steps:
                found.update(step.priced)
        return dict(sorted(found.items()))


def read_statistics(store: Store, wanted: Selection) -> Statistics:
    """Return the figures of a selection, by repository, path and hash; `drift` isn't judged yet."""
    with store.snapshot() as rows:
        steps = _by_step(iterate_rollups(rows, wanted))
        quarantined = list_quarantined(rows, wanted)
    unmapped = quarantined.pop(UNMAPPED, 0)
    return Statistics(_by_version(steps), quarantined, unmapped)


class _Growing:
    """A step of a version, hour by hour: parts are merged now and then, so that a long window needs no more memory."""

    def __init__(self) -> None:
        self._parts: list[HourlyStats] = []
        self._by_hour: dict[int, int] = {}
        self._path = (0, "")

    def add(self, part: HourlyStats) -> None:
        done = part.executions or part.attempts
        self._by_hour[part.hour] = self._by_hour.get(part.hour, 0) + done
        if part.yaml_path:
            self._path = max(self._path, (part.hour, part.yaml_path))
        self._parts.append(part)
        if len(self._parts) >= _PARTS:
            self._parts = [merge_hourly(self._parts)]

    def finish(self) -> StepFigures:
        """Return the figures; the place in the spec is the last one told of."""
        merged = merge_hourly(self._parts)
        stats = replace(to_step_stats(merged), yaml_path=self._path[1])
        by_hour = dict(sorted(self._by_hour.items()))
        return StepFigures(stats, merged.spans, by_hour, merged.priced)


def _by_step(hourly: Iterable[HourlyStats]) -> dict[StepKey, _Growing]:
    steps: defaultdict[StepKey, _Growing] = defaultdict(_Growing)
    for each in hourly:
        steps[each.step].add(each)
    return steps


def _by_version(steps: Mapping[StepKey, _Growing]) -> tuple[VersionFigures, ...]:
    versions: dict[VersionKey, dict[str, StepFigures]] = {}
    for repository, path, step_id, sha256 in sorted(steps):
        figures = steps[StepKey(repository, path, step_id, sha256)].finish()
        versions.setdefault((repository, path, sha256), {})[step_id] = figures
    return tuple(_to_version(key, versions[key]) for key in sorted(versions))


def _to_version(key: VersionKey, figures: dict[str, StepFigures]) -> VersionFigures:
    run = figures.pop(WORKFLOW_STEP_ID, None)
    return VersionFigures(*key, None, run, tuple(figures.values()))
