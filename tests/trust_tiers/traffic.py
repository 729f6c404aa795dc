"""Simulated traffic: runs that fail, cost and take so much, the same every time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from trust_tiers import (
    BakePlan,
    BakeProgress,
    BakeSettings,
    BakeVerdict,
    RunOutcome,
    judge_bake,
    measure_baseline,
    plan_bake,
    take_run,
)

START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Traffic:
    """How runs go; costs and latencies are log-normal, and `routes` share the runs evenly."""

    failure_rate: float = 0.08
    cost: float = 1.0
    latency: float = 1.0
    routes: tuple[str, ...] = ("",)

    def run(self, random: Random, minutes: float = 0.0) -> RunOutcome:
        index = random.randrange(len(self.routes))
        return RunOutcome(
            at=START + timedelta(minutes=minutes),
            failed=random.random() < self.failure_rate,
            cost_usd=0.05 * self.cost * math.exp(random.gauss(index, 0.5)),
            latency_ms=900 * self.latency * math.exp(random.gauss(0, 0.7)),
            route=self.routes[index],
        )

    def runs(self, random: Random, count: int, *, minutes: float = 15.0) -> Iterator[RunOutcome]:
        return (self.run(random, index * minutes) for index in range(1, count + 1))


def plan(
    before: Traffic, random: Random, runs: int = 300, settings: BakeSettings | None = None
) -> BakePlan:
    baseline = measure_baseline(before.runs(random, runs))
    return plan_bake(baseline, started_at=START, settings=settings)


def find_breach(plan: BakePlan, runs: Iterator[RunOutcome]) -> int | None:
    """Look after every run; return how many it took until the change would be taken back."""
    progress = BakeProgress()
    for index, run in enumerate(runs, start=1):
        progress = take_run(plan, progress, run)
        if judge_bake(plan, progress, now=run.at).verdict is BakeVerdict.BREACH:
            return index
    return None
