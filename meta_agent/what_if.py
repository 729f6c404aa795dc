"""What the telemetry alone says a patch would do, when there are no recordings to replay.

Each run is re-enacted at the steps whose timeout, retries or model the patch changes: their attempts happen again under
the new knobs, further attempts are drawn from those seen at the step, and what another model does from those seen of it
anywhere. A run that recovers goes on like a run, drawn at random, in which the step succeeded. Coarser than a replay,
because what the steps answered isn't known, and said so. Of a patch that changes anything else telemetry says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from meta_agent.roi import Pair, RunOutcome, outcome_of
from meta_agent.what_if_changes import list_changes
from meta_agent.what_if_pool import Pool
from telemetry import Attempt, ErrorClass, Outcome, Run, StepRun
from workflow import Changed, GraphChange, Program, Reprice, StepPlan


@dataclass(frozen=True, slots=True)
class _Enacted:
    succeeded: bool
    cost_usd: float
    latency_s: float


def imagine_pairs(
    base: Program,
    head: Program,
    runs: Sequence[Run],
    *,
    random: Random,
    reprice: Reprice | None = None,
    changes: Sequence[GraphChange] | None = None,
) -> list[Pair]:
    """Return each run beside what it would have become, in order; none where that can't be imagined.

    `changes` are those between the two, where they are known already.
    """
    if not all(map(_is_imaginable, list_changes(base, head, changes))):
        return []
    plans = {
        step_id: plan
        for step_id, plan in head.leaves.items()
        if step_id in base.leaves and _differs(base.leaves[step_id], plan)
    }
    pool = Pool.of(runs, plans)
    return [
        Pair(outcome_of(run), _imagine(run, positions, plans, pool, random, reprice))
        for run, positions in zip(runs, pool.places, strict=True)
    ]


_KNOBS = frozenset({"timeout_s", "max_retries", "backoff_s", "max_tokens"})
_AGENT_KNOBS = frozenset({"model", "timeout", "max_retries", "model_settings"})
_WORDS = frozenset({"description", "meta"})


def _is_imaginable(change: GraphChange) -> bool:
    """Whether a change is of something that attempts can be re-enacted under, or of nothing that runs."""
    if not isinstance(change, Changed):
        return False
    if change.subject.kind == "agent":
        return change.field[0] in _AGENT_KNOBS
    return change.field[0] in _WORDS or change.field in {("config", knob) for knob in _KNOBS}


def _differs(before: StepPlan, after: StepPlan) -> bool:
    knobs = ("timeout_s", "max_retries", "backoff_s", "agent")
    return any(getattr(before, knob) != getattr(after, knob) for knob in knobs)


def _imagine(
    run: Run,
    positions: Sequence[int],
    plans: Mapping[str, StepPlan],
    pool: Pool,
    random: Random,
    reprice: Reprice | None,
) -> RunOutcome:
    cost_usd, latency_s = float(run.cost_usd), run.latency_ms / 1000
    for position in positions:
        step = run.steps[position]
        plan = plans[step.step_id]
        enacted = _enact(step, plan, pool, random, reprice)
        was_ok = step.outcome is Outcome.OK
        cost_usd += enacted.cost_usd - float(step.cost_usd)
        latency_s += enacted.latency_s - step.latency_ms / 1000
        if was_ok and not enacted.succeeded and run.succeeded:
            return _cut_off(run, position, cost_usd, latency_s)
        if enacted.succeeded and not was_ok and not run.succeeded:
            return _go_on(step, enacted, pool, random, (cost_usd, latency_s))
    return RunOutcome(max(0.0, cost_usd), run.succeeded, max(0.0, latency_s))


def _cut_off(run: Run, position: int, cost_usd: float, latency_s: float) -> RunOutcome:
    """The run ends at this step: what came after it isn't spent."""
    later = run.steps[position + 1 :]
    spared_usd = float(sum((step.cost_usd for step in later), Decimal(0)))
    spared_s = sum(step.latency_ms for step in later) / 1000
    return RunOutcome(max(0.0, cost_usd - spared_usd), False, max(0.0, latency_s - spared_s))


def _go_on(
    step: StepRun,
    enacted: _Enacted,
    pool: Pool,
    random: Random,
    so_far: tuple[float, float],
) -> RunOutcome:
    """The run recovers: the rest of it is that of a run in which the step succeeded."""
    donors = pool.completed[step.step_id]
    if not donors:
        return RunOutcome(max(0.0, so_far[0]), False, max(0.0, so_far[1]))
    donor = random.choice(donors)
    there = next(other for other in donor.steps if other.step_id == step.step_id)
    return RunOutcome(
        float(donor.cost_usd - there.cost_usd) + enacted.cost_usd,
        donor.succeeded,
        max(0.0, (donor.latency_ms - there.latency_ms) / 1000 + enacted.latency_s),
    )


def _enact(
    step: StepRun,
    plan: StepPlan,
    pool: Pool,
    random: Random,
    reprice: Reprice | None,
) -> _Enacted:
    attempts = pool.attempts[step.step_id]
    cost_usd, latency_s = 0.0, 0.0
    for number in range(plan.max_retries + 1):
        seen = step.attempts[number] if number < len(step.attempts) else random.choice(attempts)
        attempt = pool.under_model(seen, plan, random)
        took_s, cut_off = _under_limit(attempt, plan.timeout_s)
        latency_s += took_s
        cost_usd += _cost(attempt, plan, reprice) * _share_paid(attempt, took_s, cut_off=cut_off)
        if attempt.outcome is Outcome.OK and not cut_off:
            return _Enacted(True, cost_usd, latency_s)
        if number < plan.max_retries:
            latency_s += plan.backoff_s * 2**number
    return _Enacted(False, cost_usd, latency_s)


def _under_limit(attempt: Attempt, limit_s: float | None) -> tuple[float, bool]:
    took_s = attempt.latency_ms / 1000
    if limit_s is None:
        return took_s, False
    if attempt.error_class is ErrorClass.TIMEOUT:
        # Where it would have ended isn't known: it keeps hanging.
        return limit_s, True
    return min(took_s, limit_s), took_s > limit_s


def _share_paid(attempt: Attempt, took_s: float, *, cut_off: bool) -> float:
    """A provider bills what it made until it was stopped: its share of the time."""
    whole_s = attempt.latency_ms / 1000
    return min(1.0, took_s / whole_s) if cut_off and whole_s > 0 else 1.0


def _cost(attempt: Attempt, plan: StepPlan, reprice: Reprice | None) -> float:
    model = plan.agent.model if plan.agent else ""
    if not model or model == attempt.model or reprice is None:
        return float(attempt.cost_usd)
    price = reprice(model, attempt.input_tokens, attempt.output_tokens)
    return float(attempt.cost_usd if price is None else price)
