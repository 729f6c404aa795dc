"""What a patch really brings: both versions run through the same fresh runs, which nobody has been shown."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.planted.planting import Document, Plant
from benchmarks.planted.simulate import play
from benchmarks.planted.world import World
from meta_agent import RoiSettings, RunOutcome
from workflow import NotExecutableError, SpecError, Workflow

_FRESH = 1_000_000
"""Where the numbers of runs begin that nobody has been shown."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """USD a run: what each fresh run is worth with the base and with the patch."""

    base: Values
    head: Values

    @property
    def mean_usd(self) -> float:
        """The true gain of a run."""
        return float((self.head - self.base).mean())

    @property
    def error_usd(self) -> float:
        """The standard error of that."""
        return float((self.head - self.base).std(ddof=1) / len(self.base) ** 0.5)

    def reading_usd(self, before: Values, rng: np.random.Generator) -> float:
        """Return what a ledger reads: as many runs with the patch as there were before, compared by their means.

        Each fresh run is read at most once: drawn with replacement, readings would spread by the chance of the fresh
        runs as well as by their own, which no ledger's do. So there should be as many fresh runs as were shown.
        """
        later = rng.choice(self.head, size=min(len(before), len(self.head)), replace=False)
        return float(later.mean() - before.mean())


@dataclass
class Truth:
    """Knows the worth of every version of one world's workflow, and remembers it."""

    world: World
    fresh_runs: int
    _base: Values | None = None
    _known: dict[bytes, Effect | None] = field(default_factory=dict)

    def of_document(self, document: Document) -> Effect | None:
        """Return the effect of having this version instead; None for one that can't run."""
        key = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        if key not in self._known:
            try:
                self._known[key] = self._measure(self.world.parse(document))
            except (SpecError, NotExecutableError):
                self._known[key] = None
        return self._known[key]

    def of_plant(self, plant: Plant) -> Effect | None:
        """Return what curing a plant as its author would brings."""
        assert plant.cure is not None
        document = deepcopy(self.world.document)
        plant.cure(document)
        return self.of_document(document)

    def _measure(self, version: Workflow) -> Effect:
        if self._base is None:
            self._base = self._play(self.world.workflow)
        return Effect(self._base, self._play(version))

    def _play(self, version: Workflow) -> Values:
        numbers = range(_FRESH, _FRESH + self.fresh_runs)
        return value_of(play(self.world, version, numbers), self.world.roi)


def value_of(outcomes: Sequence[RunOutcome], roi: RoiSettings) -> Values:
    """Return what each run is worth in USD, by the prices its owner has set."""
    rows = np.asarray(
        [(run.succeeded, run.cost_usd, run.latency_s) for run in outcomes], dtype=float
    )
    prices = np.asarray((roi.value_per_success_usd, -1.0, -roi.latency_usd_per_s))
    worth: Values = rows @ prices
    return worth


def runs_per_month(world: World) -> float:
    """Return the traffic, which every world's owner has told."""
    assert world.roi.runs_per_month is not None
    return world.roi.runs_per_month
