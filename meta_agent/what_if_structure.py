"""What the telemetry alone says of patches that turn no knob: a way back to a version, a fallback that goes first.

Where the patched version has run before, its own runs say what it does, as far as the traffic is still the same. Where
a step and its fallback change places, both were seen: a run that needed the fallback would have spared the failure, one
that didn't is given an execution of the fallback drawn from those seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from meta_agent.history import History
from meta_agent.roi import Pair, RunOutcome, outcome_of
from telemetry import Outcome, Run, StepRun
from workflow import Program, StepPlan

_MIN_RUNS = 30


@dataclass(frozen=True, slots=True)
class Imagined:
    """Pairs, and what they were made of, as it is said where replays would be named."""

    pairs: Sequence[Pair]
    source: str


def imagine_structure(
    base: Program, head: Program, runs: Sequence[Run], history: History, *, random: Random
) -> Imagined | None:
    """Return each run beside what it would have become; `None` for any other kind of patch, or without enough runs.

    Beside runs of a version that ran stand runs of it, drawn at random: alike on average, not one by one.
    """
    known = history.runs_of(head.workflow)
    if len(known) >= _MIN_RUNS:
        pairs = [Pair(outcome_of(run), outcome_of(random.choice(known))) for run in runs]
        return Imagined(pairs, f"runs beside {len(known)} of that version")
    step_id = _find_exchange(base, head)
    if not step_id:
        return None
    fallback_id = _fallback_id(base.leaves[step_id])
    pool = [step for run in runs for step in run.steps if step.step_id == fallback_id]
    if not pool:
        return None
    pairs = [
        Pair(outcome_of(run), _exchange(run, step_id, fallback_id, pool, random)) for run in runs
    ]
    return Imagined(pairs, "runs re-enacted from telemetry alone")


def _find_exchange(base: Program, head: Program) -> str:
    """Return the one step that has changed places with its fallback; "" where anything else differs too."""
    changed = [
        step_id
        for step_id, plan in head.leaves.items()
        if step_id not in base.leaves or not _same(base.leaves[step_id], plan)
    ]
    if set(base.leaves) != set(head.leaves) or len(changed) != 2:
        return ""
    step_id = min(changed, key=len)
    before, after = base.leaves[step_id], head.leaves[step_id]
    if before.fallback is None or after.fallback is None or _fallback_id(before) not in changed:
        return ""
    crossed = _same(before, after.fallback) and _same(before.fallback, after)
    return step_id if crossed else ""


_WHAT_IT_RUNS = ("agent_name", "skill", "validators", "timeout_s", "max_retries", "output_schema")


def _same(one: StepPlan, other: StepPlan) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _WHAT_IT_RUNS)


def _fallback_id(plan: StepPlan) -> str:
    return plan.fallback.node.step_id if plan.fallback else ""


def _exchange(
    run: Run, step_id: str, fallback_id: str, pool: Sequence[StepRun], random: Random
) -> RunOutcome:
    """Whether the run succeeds stays: it does where either of the two would have."""
    cost_usd, latency_ms = run.cost_usd, run.latency_ms
    for first, second in _find_turns(run, step_id, fallback_id):
        now_usd, now_ms = _sum(first, second)
        stand_in = second or random.choice(pool)
        is_enough = stand_in.outcome is Outcome.OK
        then_usd, then_ms = _sum(stand_in, None if is_enough else first)
        cost_usd += then_usd - now_usd
        latency_ms += then_ms - now_ms
    return RunOutcome(max(0.0, float(cost_usd)), run.succeeded, max(0.0, latency_ms / 1000))


def _find_turns(
    run: Run, step_id: str, fallback_id: str
) -> Iterator[tuple[StepRun, StepRun | None]]:
    """Yield each execution of the step with that of the fallback which followed it, if one did."""
    first: StepRun | None = None
    for step in run.steps:
        if step.step_id == fallback_id and first is not None:
            yield first, step
            first = None
        elif step.step_id == step_id:
            if first is not None:
                yield first, None
            first = step
    if first is not None:
        yield first, None


def _sum(first: StepRun, second: StepRun | None) -> tuple[Decimal, float]:
    if second is None:
        return first.cost_usd, first.latency_ms
    return first.cost_usd + second.cost_usd, first.latency_ms + second.latency_ms
