"""What policies would have done to the runs that telemetry tells of.

Telemetry holds no outputs. A policy that reads one is judged on the runs where its decision doesn't depend on it; the
others are counted as undecided, never guessed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from policy_dsl import (
    Action,
    Enforcement,
    Lint,
    Policy,
    Violation,
    compile_condition,
    judge_policies,
    lint_policies,
)
from telemetry import ErrorClass, Run
from workflow import (
    PRE_MERGE_NAMES,
    RESULT_NAMES,
    Workflow,
    at_run_time,
    before_merge,
    facts_of_run,
)

_MAX_EXAMPLES = 3


class Effect(StrEnum):
    """What becomes of a run, the strongest effect first; an undecided run isn't blocked by what is known."""

    BLOCKED = "blocked"
    UNDECIDED = "undecided"
    HELD = "held"
    WARNED = "warned"
    CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class PolicyOutcome:
    """What one policy would have done: on how many runs it applies, is violated, or can't be judged."""

    policy: Policy
    applied: int
    violated: int
    undecided: int
    examples: tuple[str, ...]
    """`run_id`s of the latest violations."""


@dataclass(frozen=True, slots=True)
class PolicySimulation:
    """What policies would have done to the runs of one spec since `since`.

    `failed_before` counts runs that failed by themselves: policies judge only what ended well. The others have one of
    `effects` each. `newly_blocked` succeeded and wouldn't have, `newly_passed` failed by a policy and wouldn't have.
    """

    since: datetime
    runs: int
    failed_before: int
    effects: Mapping[Effect, int]
    newly_blocked: int
    newly_passed: int
    outcomes: tuple[PolicyOutcome, ...]
    before_merge: tuple[str, ...]
    """The policies that speak of patches, of which runs say nothing."""
    lints: tuple[Lint, ...]
    simulated: bool


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One policy on one run."""

    applies: bool = False
    undecided: bool = False
    violation: Violation | None = None

    @property
    def effect(self) -> Effect:
        found = self.violation
        if self.undecided:
            return Effect.UNDECIDED
        if found is None:
            return Effect.CLEAN
        if found.enforcement is Enforcement.ADVISORY or found.action is Action.WARN:
            return Effect.WARNED
        return Effect.BLOCKED if found.action is Action.FAIL_RUN else Effect.HELD


@dataclass(frozen=True, slots=True)
class _Judged:
    """All policies on one run, in their order."""

    run: Run
    verdicts: tuple[_Verdict, ...]

    @property
    def effect(self) -> Effect:
        found = {verdict.effect for verdict in self.verdicts}
        return next((effect for effect in Effect if effect in found), Effect.CLEAN)


def simulate_policies(
    workflow: Workflow,
    policies: Sequence[Policy],
    runs: Iterable[Run],
    *,
    now: datetime,
    days: float,
) -> PolicySimulation:
    """Judge the spec's runs of the last `days`, whichever version of it ran, by `policies`."""
    since = now - timedelta(days=days)
    mine = [run for run in runs if _is_of(run, workflow) and since <= run.started_at <= now]
    judging = at_run_time(policies)
    ended_well = [run for run in mine if run.succeeded or _was_blocked(run)]
    judged = [_judge(run, judging) for run in ended_well]
    passing = (Effect.HELD, Effect.WARNED, Effect.CLEAN)
    return PolicySimulation(
        since=since,
        runs=len(mine),
        failed_before=len(mine) - len(ended_well),
        effects=Counter(one.effect for one in judged),
        newly_blocked=sum(
            one.effect is Effect.BLOCKED and not _was_blocked(one.run) for one in judged
        ),
        newly_passed=sum(one.effect in passing and _was_blocked(one.run) for one in judged),
        outcomes=tuple(_sum_up(place, policy, judged) for place, policy in enumerate(judging)),
        before_merge=tuple(policy.id for policy in before_merge(policies)),
        lints=(
            *lint_policies(judging, RESULT_NAMES),
            *lint_policies(before_merge(policies), PRE_MERGE_NAMES),
        ),
        simulated=any(run.simulated for run in mine),
    )


def _is_of(run: Run, workflow: Workflow) -> bool:
    return run.spec_sha256 == workflow.spec_sha256 or run.spec_path == workflow.path


def _was_blocked(run: Run) -> bool:
    return run.error_class is ErrorClass.POLICY


def _sum_up(place: int, policy: Policy, judged: Sequence[_Judged]) -> PolicyOutcome:
    violated = [one.run.run_id for one in judged if one.verdicts[place].violation]
    return PolicyOutcome(
        policy=policy,
        applied=sum(one.verdicts[place].applies for one in judged),
        violated=len(violated),
        undecided=sum(one.verdicts[place].undecided for one in judged),
        examples=tuple(violated[-_MAX_EXAMPLES:]),
    )


class _Untold:
    """Stands where telemetry knows nothing; an expression that reads it fails, so that it shows."""


_UNTOLD = {"output": _Untold(), "pii": _Untold()}
_compiled = lru_cache(maxsize=256)(compile_condition)


def _judge(run: Run, policies: Sequence[Policy]) -> _Judged:
    known = {"result": facts_of_run(run)}
    trapped = {"result": facts_of_run(run, _UNTOLD)}
    return _Judged(run, tuple(_judge_by(policy, known, trapped) for policy in policies))


def _judge_by(
    policy: Policy, known: Mapping[str, object], trapped: Mapping[str, object]
) -> _Verdict:
    if _reads_untold(policy.when, known, trapped):
        return _Verdict(undecided=True)
    applies = _compiled(policy.when, RESULT_NAMES).evaluate(known) is True
    if applies and _reads_untold(policy.assert_, known, trapped):
        return _Verdict(applies=True, undecided=True)
    violations = judge_policies([policy], known, schema=RESULT_NAMES)
    return _Verdict(applies=applies, violation=violations[0] if violations else None)


def _reads_untold(source: str, known: Mapping[str, object], trapped: Mapping[str, object]) -> bool:
    """Whether the value comes from something telemetry doesn't hold: only then a stand-in for it makes a difference."""
    expression = _compiled(source, RESULT_NAMES)
    return expression.evaluate(known) != expression.evaluate(trapped)
