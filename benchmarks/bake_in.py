"""How often a bake-in takes back what does no harm, and how soon what does: `python -m benchmarks.bake_in [ROLLOUTS]`.

Beside it, on the same runs, three usual ways: a z-test that is looked at after every run, a fixed threshold (more than
15 % failures in the last 20 runs, as progressive-delivery controllers have it), and a Mann–Whitney test looked at every
20 runs with a level of 0.98, as in Kayenta's judge. All of them know the runs before as well as it does.
"""

import math
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import NormalDist, median

from trust_tiers import (
    BakePlan,
    BakeProgress,
    BakeVerdict,
    RunOutcome,
    judge_bake,
    measure_baseline,
    plan_bake,
    take_run,
    take_runs,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
RUNS_BEFORE, RUNS_AFTER = 300, 300
HARMS = {
    "nothing changes": (0.08, 1.0),
    "failures 8 → 16 %": (0.16, 1.0),
    "failures 8 → 24 %": (0.24, 1.0),
    "failures 8 → 40 %": (0.40, 1.0),
    "costs × 1.5": (0.08, 1.5),
    "costs × 2": (0.08, 2.0),
}
Judge = Callable[[Sequence[RunOutcome], Sequence[RunOutcome]], int | None]


def main() -> None:
    """Print a row for each harm, and how fast many rollouts move on."""
    rollouts = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(
        f"{rollouts} rollouts, {RUNS_BEFORE} runs before, a look after each of {RUNS_AFTER} after"
    )
    print("taken back (median run at which):")
    print(f"{'':20}" + "".join(f"{name:>22}" for name in JUDGES))
    for name, (rate, cost) in HARMS.items():
        print(f"{name:20}" + "".join(f"{cell:>22}" for cell in _measure(rate, cost, rollouts)))
    _print_speed()


def _measure(rate: float, cost: float, rollouts: int) -> list[str]:
    found: dict[str, list[int | None]] = {name: [] for name in JUDGES}
    random = Random(rollouts)
    for _ in range(rollouts):
        before = [_run(random, 0.08, 1.0) for _ in range(RUNS_BEFORE)]
        after = [_run(random, rate, cost) for _ in range(RUNS_AFTER)]
        for name, judge in JUDGES.items():
            found[name].append(judge(before, after))
    return [_tell(breaches) for breaches in found.values()]


def _tell(breaches: Sequence[int | None]) -> str:
    hits = [breach for breach in breaches if breach is not None]
    when = f" ({median(hits):.0f})" if hits else ""
    return f"{len(hits) / len(breaches):.1%}{when}"


def _run(random: Random, rate: float, cost: float) -> RunOutcome:
    spent, took = math.exp(random.gauss(-3, 0.5)) * cost, math.exp(random.gauss(7, 0.7))
    return RunOutcome(START, random.random() < rate, spent, took)


def _bake(before: Sequence[RunOutcome], after: Sequence[RunOutcome]) -> int | None:
    plan, progress = plan_bake(measure_baseline(before), started_at=START), BakeProgress()
    for index, run in enumerate(after, start=1):
        progress = take_run(plan, progress, run)
        if judge_bake(plan, progress, now=START).verdict is BakeVerdict.BREACH:
            return index
    return None


def _peek_z(before: Sequence[RunOutcome], after: Sequence[RunOutcome]) -> int | None:
    base, hits, bar = sum(run.failed for run in before), 0, NormalDist().inv_cdf(0.95)
    for index, run in enumerate(after, start=1):
        hits += run.failed
        pooled = (base + hits) / (len(before) + index)
        spread = math.sqrt(max(1e-12, pooled * (1 - pooled) * (1 / len(before) + 1 / index)))
        if index >= 20 and (hits / index - base / len(before)) / spread > bar:
            return index
    return None


def _fixed_threshold(_: Sequence[RunOutcome], after: Sequence[RunOutcome]) -> int | None:
    for end in range(20, len(after) + 1):
        if sum(run.failed for run in after[end - 20 : end]) > 0.15 * 20:
            return end
    return None


def _mann_whitney(before: Sequence[RunOutcome], after: Sequence[RunOutcome]) -> int | None:
    """On costs and on failures, each at a level of 0.98."""
    for end in range(20, len(after) + 1, 20):
        for of in (_cost, _failed):
            if _is_larger([of(run) for run in before], [of(run) for run in after[:end]]):
                return end
    return None


def _cost(run: RunOutcome) -> float:
    return run.cost_usd or 0.0


def _failed(run: RunOutcome) -> float:
    return float(run.failed)


def _is_larger(before: Sequence[float], after: Sequence[float]) -> bool:
    """By the normal approximation, with ties."""
    values = sorted([*before, *after])
    ranks: dict[float, float] = {}
    ties, start = 0.0, 0
    while start < len(values):
        end = start
        while end < len(values) and values[end] == values[start]:
            end += 1
        ranks[values[start]] = (start + 1 + end) / 2
        ties += (end - start) ** 3 - (end - start)
        start = end
    n, m = len(after), len(before)
    u = sum(ranks[value] for value in after) - n * (n + 1) / 2
    variance = n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1)))
    return variance > 0 and (u - n * m / 2) / math.sqrt(variance) > NormalDist().inv_cdf(0.98)


JUDGES: dict[str, Judge] = {
    "bake-in": _bake,
    "z-test, peeked": _peek_z,
    "> 15 % of last 20": _fixed_threshold,
    "Mann–Whitney": _mann_whitney,
}


def _print_speed() -> None:
    random = Random(1)
    plan = plan_bake(
        measure_baseline(_run(random, 0.08, 1) for _ in range(RUNS_BEFORE)), started_at=START
    )
    runs = [_run(random, 0.08, 1) for _ in range(10)]
    start = time.perf_counter()
    for _ in range(10_000):
        _advance(plan, runs)
    print(
        f"10,000 rollouts moved on by 10 runs each and judged: {time.perf_counter() - start:.1f} s"
    )


def _advance(plan: BakePlan, runs: Sequence[RunOutcome]) -> None:
    progress = take_runs(plan, BakeProgress(), runs)
    judge_bake(plan, progress, now=START + timedelta(hours=1))


if __name__ == "__main__":
    main()
