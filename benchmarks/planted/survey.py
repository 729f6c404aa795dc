"""Judges many worlds, two at a time, and keeps what was read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

from benchmarks.planted.judge import FRESH_RUNS, judge_world
from benchmarks.planted.nulls import NullReading, read_nulls
from benchmarks.planted.reading import Reading

NULL_RUNS = 100
_PROCESSES = 2


@dataclass(frozen=True)
class Plan:
    """What to judge: `worlds` of consecutive seeds from `seed` on, after each number of runs."""

    seed: int
    worlds: int
    run_counts: tuple[int, ...]
    null_worlds: int
    fresh_runs: int = FRESH_RUNS

    @property
    def seeds(self) -> range:
        """The seeds of the worlds that are judged."""
        return range(self.seed, self.seed + self.worlds)

    @property
    def null_seeds(self) -> range:
        """The seeds of the worlds in which nothing is changed."""
        return range(self.seed, self.seed + self.null_worlds)


@dataclass(frozen=True)
class Survey:
    """All readings, in the order of the seeds."""

    plan: Plan
    readings: tuple[Reading, ...]
    nulls: tuple[NullReading, ...]


def survey(plan: Plan, *, report: Callable[[str], None] = lambda _: None) -> Survey:
    """Judge all worlds; the result is the same however many processes there are."""
    judge = partial(judge_world, run_counts=plan.run_counts, fresh_runs=plan.fresh_runs)
    look = partial(read_nulls, runs=NULL_RUNS)
    readings: list[Reading] = []
    nulls: list[NullReading] = []
    # Leaving the block ends the processes, whatever the reason: no orphan goes on judging.
    with get_context("spawn").Pool(_PROCESSES) as pool:
        for seed, found in zip(plan.seeds, pool.imap(judge, plan.seeds), strict=True):
            readings += found
            report(f"world {seed}: judged")
        for seed, read in zip(plan.null_seeds, pool.imap(look, plan.null_seeds), strict=True):
            nulls += read
            report(f"world {seed}: nothing changed")
    return Survey(plan, tuple(readings), tuple(nulls))


def of_way(readings: Sequence[Reading], way: str, runs: int) -> list[Reading]:
    """Return the readings of one way to propose after so many runs."""
    return [one for one in readings if one.way == way and one.runs == runs]
