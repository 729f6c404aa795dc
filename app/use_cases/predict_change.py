"""Predicts what a change of a spec does to a run's cost and time, from the telemetry of the version before it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from meta_agent import MIN_PAIRS, Interval, Pair, RunOutcome, imagine_pairs, imagine_shape
from telemetry import Run
from workflow import NotExecutableError, Reprice, Workflow, WorkflowError, compile_program

_RESAMPLES = 2_000
_MOST_RUNS = 2_000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Arm:
    """What a run costs and takes on average."""

    cost_usd: float
    latency_s: float


@dataclass(frozen=True, slots=True)
class Predicted:
    """The change of a run's mean cost and time, each within its 90 % interval; `runs` were re-enacted.

    `recovered` and `lost` count runs that end otherwise.
    """

    before: Arm
    cost_usd: Interval
    latency_s: Interval
    runs: int
    recovered: int
    lost: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class Unpredicted:
    """Why there is no estimate; `runs_needed` more runs would give one, 0: they wouldn't."""

    reason: str
    runs_needed: int = 0


def predict_change(
    before: Workflow, after: Workflow, runs: Sequence[Run], *, reprice: Reprice | None = None
) -> Predicted | Unpredicted:
    """Re-enact the runs of `before` under `after`; runs of other versions don't count. The same every time."""
    mine = [run for run in runs if run.spec_sha256 == before.spec_sha256][-_MOST_RUNS:]
    if len(mine) < MIN_PAIRS:
        missing = MIN_PAIRS - len(mine)
        return Unpredicted(f"no estimate yet: about {missing} more runs are needed", missing)
    try:
        pairs = _imagine(before, after, mine, reprice)
    except (NotExecutableError, WorkflowError) as error:
        return Unpredicted(f"no estimate: a version can't be run ({type(error).__name__})")
    if not pairs:
        return Unpredicted("no estimate: past runs can't tell what a change of this kind does")
    return _measure(pairs, simulated=any(run.simulated for run in mine))


def _imagine(
    before: Workflow, after: Workflow, runs: Sequence[Run], reprice: Reprice | None
) -> Sequence[Pair]:
    base, head = compile_program(before), compile_program(after)
    shaped = imagine_shape(base, head, runs)
    if shaped is not None:
        return shaped.pairs
    random = Random(_SEED)  # noqa: S311 -- simulation, not secrets
    return imagine_pairs(base, head, runs, random=random, reprice=reprice)


def _measure(pairs: Sequence[Pair], *, simulated: bool) -> Predicted:
    return Predicted(
        before=Arm(
            cost_usd=float(np.mean([pair.base.cost_usd for pair in pairs])),
            latency_s=float(np.mean([pair.base.latency_s for pair in pairs])),
        ),
        cost_usd=_differ(pairs, lambda outcome: outcome.cost_usd),
        latency_s=_differ(pairs, lambda outcome: outcome.latency_s),
        runs=len(pairs),
        recovered=sum(pair.head.succeeded and not pair.base.succeeded for pair in pairs),
        lost=sum(pair.base.succeeded and not pair.head.succeeded for pair in pairs),
        simulated=simulated,
    )


def _differ(pairs: Sequence[Pair], measure: Callable[[RunOutcome], float]) -> Interval:
    """Return the mean difference with the 90 % interval that resampling whole runs gives."""
    differences = np.array([measure(pair.head) - measure(pair.base) for pair in pairs])
    rng = np.random.default_rng(_SEED)
    count = len(differences)
    drawn = rng.integers(0, count, size=(_RESAMPLES, count), dtype=np.int32)
    means = differences[drawn].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return Interval(float(low), float(differences.mean()), float(high))
