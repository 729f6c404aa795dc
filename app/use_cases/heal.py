"""Heal: failing embedded tests → a model's patches → those of them whose spec passes the tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from meta_agent import Candidate, ModelProposals
from prompt_guard import FailingTest, GuardedPatch, Plan, Rejection, check_patch, plan_for
from trust_tiers import Decision, TierLimits, classify
from workflow import JsonPatch, TestOutcome, TestResult, Workflow, lock_patch

RunAll = Callable[[Workflow], Sequence[TestResult]]
"""Runs all embedded tests of a version."""

AskRepair = Callable[[Workflow, Sequence[FailingTest], Plan], ModelProposals]
"""A model's patches that are to make these tests pass; never raises."""

_MAX_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Healed:
    """A patch whose spec passes tests that failed, and still all that passed; it is for a person to judge."""

    candidate: Candidate
    guarded: GuardedPatch
    patch: JsonPatch
    decision: Decision
    mends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Healing:
    """What came of it; `failing` are the names of the tests that failed, `rejected` patches that don't mend them."""

    workflow: Workflow
    failing: tuple[str, ...] = ()
    healed: tuple[Healed, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    note: str = ""
    spent_usd: float = 0.0


def heal(
    workflow: Workflow, *, run_all: RunAll, ask_repair: AskRepair, limits: TierLimits
) -> Healing:
    """Ask for patches only where a test fails, and keep those that mend more than they break."""
    results = run_all(workflow)
    failing = [one for one in results if one.outcome is TestOutcome.FAILED]
    names = tuple(one.name for one in failing)
    if not failing:
        return Healing(workflow)
    plan = _plan(workflow, failing, limits)
    asked = ask_repair(workflow, [_tell(one) for one in failing], plan)
    passing = {one.name for one in results if one.outcome is TestOutcome.PASSED}
    healed: list[Healed] = []
    rejected = [("a patch of the model", str(one)) for one in asked.rejections]
    for candidate in asked.candidates:
        tried = _try(workflow, candidate, plan, passing, names, run_all, limits)
        if isinstance(tried, Healed):
            healed.append(tried)
        else:
            rejected.append((candidate.title, tried))
    spent_usd = float(asked.spent_usd)
    return Healing(workflow, names, tuple(healed), tuple(rejected), asked.note, spent_usd)


def _plan(workflow: Workflow, failing: Sequence[TestResult], limits: TierLimits) -> Plan:
    """Plan for the steps that the failing tests ran; which those are is fixed before a model sees any text."""
    reached = {step_id for one in failing for step_id in one.reached}
    own = [node.step_id for node in workflow.nodes if node.uses and node.step_id in reached]
    return plan_for(workflow, own, models=limits.allowed_models, rewrites_prompts=True)


def _tell(result: TestResult) -> FailingTest:
    """Say what the failing assertions were and what they saw."""
    lines = [result.error] if result.error else []
    for assertion in result.assertions:
        if not assertion.holds:
            lines.append(f"expected: {assertion.source}")
            lines += [
                f"  {part.source} = {str(part.value)[:_MAX_SHOWN]}" for part in assertion.explained
            ]
    return FailingTest(result.name, "\n".join(lines))


def _try(
    workflow: Workflow,
    candidate: Candidate,
    plan: Plan,
    passing: set[str],
    failing: tuple[str, ...],
    run_all: RunAll,
    limits: TierLimits,
) -> Healed | str:
    guarded = check_patch(workflow, candidate.patch.to_json(), plan=plan)
    if isinstance(guarded, Rejection):
        return f"refused by the guard: {guarded}"
    now = {one.name for one in run_all(guarded.after) if one.outcome is TestOutcome.PASSED}
    mends = tuple(name for name in failing if name in now)
    if not mends:
        return "the failing tests fail with it too"
    if passing - now:
        return f"with it {min(passing - now)!r} fails, which passed"
    decision = classify(workflow, guarded.after, limits)
    patch = lock_patch(workflow.document, guarded.patch)
    return Healed(candidate, guarded, patch, decision, mends)
