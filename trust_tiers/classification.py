"""Judges a patch by what it changes: every semantic change by every rule, and the riskiest one decides."""

from collections.abc import Iterable, Sequence

from trust_tiers.comparison import Comparison, Rule
from trust_tiers.decision import Decision, RiskTier
from trust_tiers.limits import TierLimits
from trust_tiers.residue import find_unexplained
from trust_tiers.rules import RULES
from trust_tiers.unknown import explain_unknown
from trust_tiers.verdicts import high
from workflow import GraphChange, Renamed, Workflow, diff_workflows


def classify(before: Workflow, after: Workflow, limits: TierLimits) -> Decision:
    """Judge the way from one version to the other, whatever patch led there.

    A pure function of the two documents and the limits. To bound what many small patches add up to, pass the version
    at the start of the window as `before`.
    """
    comparison = Comparison(before, after, limits)
    changes = diff_workflows(before, after)
    decision = judge_changes(changes, comparison)
    return look_again(decision, changes, comparison) if decision.tier is RiskTier.LOW else decision


def judge_changes(changes: Sequence[GraphChange], comparison: Comparison) -> Decision:
    """Judge a set of changes: the highest tier of any of them, with one reason each."""
    if not changes:
        return Decision(RiskTier.LOW, ("Nothing changes.",))
    decisions = [judge_change(change, comparison) for change in changes]
    reasons = [reason for decision in decisions for reason in decision.reasons]
    return Decision(
        tier=max(decision.tier for decision in decisions),
        reasons=tuple(dict.fromkeys(reasons)),
        steps=_touched_steps(changes, comparison),
    )


def look_again(
    decision: Decision, changes: Sequence[GraphChange], comparison: Comparison
) -> Decision:
    """Compare the documents by other means; a difference beside the values the changes name makes it HIGH."""
    before, after = comparison.before.document, comparison.after.document
    unexplained = find_unexplained(before, after, changes)
    if unexplained is None:
        return decision
    reason = f"{unexplained or 'the document'} differs, and no change says why"
    return Decision(RiskTier.HIGH, (*decision.reasons, reason), decision.steps)


def judge_change(
    change: GraphChange, comparison: Comparison, rules: Iterable[Rule] = RULES
) -> Decision:
    """Judge one change by the most cautious rule that knows it; a change no rule knows is HIGH."""
    known = [decision for rule in rules if (decision := rule(change, comparison)) is not None]
    return (
        max(known, key=lambda decision: decision.tier) if known else high(explain_unknown(change))
    )


def _touched_steps(changes: Iterable[GraphChange], comparison: Comparison) -> tuple[str, ...]:
    touched = {step_id for change in changes for step_id in _steps_of(change)}
    order = [*comparison.after.nodes, *comparison.before.nodes]
    listed = dict.fromkeys(node.step_id for node in order if node.step_id in touched)
    return tuple(listed)


def _steps_of(change: GraphChange) -> set[str]:
    ids = {step.step_id for step in change.users}
    if change.subject.kind == "step":
        ids.add(change.subject.id)
    if isinstance(change, Renamed):
        ids.add(change.before_id)
    return ids
