"""Judges a change of a spec by the policies that speak of patches, before anybody merges it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from meta_agent import Evidence, RoiEstimate
from policy_dsl import UNKNOWN, Action, Enforcement, Policy, Reason, Violation, judge_policies
from trust_tiers import Decision
from workflow import PRE_MERGE_NAMES


@dataclass(frozen=True, slots=True)
class BrokenPolicy:
    """A policy that the change breaks: what follows, and its own words.

    `is_undecided` when only a value that nobody knows stands in the way.
    """

    action: Action
    message: str
    is_undecided: bool = False


def judge_before_merge(
    policies: Iterable[Policy],
    *,
    operations: int,
    decision: Decision,
    roi: RoiEstimate | None = None,
    evidence: Evidence | None = None,
) -> Sequence[BrokenPolicy]:
    """Judge a change by policies; to be those of its base version. Policies that speak of `result` wait for a run.

    Without evidence nobody knows what a policy may ask of it.
    An advisory policy only warns, whatever its action. Before a merge there is no run to fail: `FAIL_RUN` blocks.
    """
    names: dict[str, object] = {
        "patch": {"operations": operations, "steps": list(decision.steps)},
        "tier": decision.tier.name,
        "roi": {"low": roi.low, "mid": roi.mid, "high": roi.high} if roi else None,
        "evidence": UNKNOWN
        if evidence is None
        else {"verdict": evidence.verdict.value, "pairs": evidence.pairs},
    }
    violations = judge_policies(policies, names, schema=PRE_MERGE_NAMES)
    return [
        BrokenPolicy(
            _binding_action(found),
            f"policy {found.policy_id!r}: {found.message or found.expression}",
            found.reason is Reason.UNKNOWN,
        )
        for found in violations
    ]


def _binding_action(found: Violation) -> Action:
    if found.enforcement is Enforcement.ADVISORY:
        return Action.WARN
    return Action.BLOCK_MERGE if found.action is Action.FAIL_RUN else found.action
