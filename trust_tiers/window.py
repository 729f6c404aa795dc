"""What many small patches add up to: a change is judged from the start of a window too, and may not go back and forth.

A timeout raised by a fifth five times is one raise by a factor of 2.5. One that was raised and is to be lowered again
is a patch that undoes a patch: somebody, or some model, is undecided, so a person decides.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from trust_tiers.classification import classify
from trust_tiers.decision import Decision, RiskTier
from trust_tiers.knobs import as_number
from trust_tiers.limits import TierLimits
from workflow import Changed, GraphChange, Moved, Workflow, diff_workflows


def classify_in_window(
    before: Workflow, after: Workflow, limits: TierLimits, *, window: Sequence[Workflow] = ()
) -> Decision:
    """Judge a change by itself and by what it adds up to; the higher tier decides.

    `window` holds the versions since the window began, or since a person last edited the file, whichever is later: the
    oldest first, `before` not among them. What a person wrote is a new start, because that person saw it.
    """
    decisions = [classify(before, after, limits)]
    if window:
        decisions.append(_judge_sum(window[0], after, limits))
    back = [*_find_returns([*window, before], after)]
    if back:
        decisions.append(Decision(RiskTier.HIGH, tuple(back)))
    return _join(decisions)


def _judge_sum(start: Workflow, after: Workflow, limits: TierLimits) -> Decision:
    decision = classify(start, after, limits)
    reasons = tuple(f"since the window began: {reason}" for reason in decision.reasons)
    return replace(decision, reasons=reasons)


def _join(decisions: Sequence[Decision]) -> Decision:
    """The first decision, raised to the highest tier, with the reasons of all that are as high."""
    tier = max(decision.tier for decision in decisions)
    reasons = [
        reason
        for decision in (decisions[0], *(one for one in decisions[1:] if one.tier is tier))
        for reason in decision.reasons
    ]
    return Decision(tier, tuple(dict.fromkeys(reasons)), decisions[0].steps)


def _find_returns(versions: Sequence[Workflow], after: Workflow) -> Iterator[str]:
    """Say of every change that takes back one that the window holds."""
    earlier = [change for pair in pairwise(versions) for change in diff_workflows(*pair)]
    for change in diff_workflows(versions[-1], after):
        if any(_takes_back(change, old) for old in earlier):
            name = f"{change.subject.kind} {change.subject.id}".rstrip()
            what = ".".join(change.field) if isinstance(change, Changed) else "its place"
            yield f"{name}: {what} goes back on a change of the same window"


def _takes_back(change: GraphChange, old: GraphChange) -> bool:
    """Whether a change goes the other way than an earlier one, or leads to what was there before it."""
    if isinstance(change, Moved) and isinstance(old, Moved):
        return True  # two swaps may be one, told from either side
    if not isinstance(change, Changed) or not isinstance(old, Changed):
        return False
    if (change.subject, change.field) != (old.subject, old.field):
        return False
    return change.after == old.before or _turns_round(change, old)


def _turns_round(change: Changed, old: Changed) -> bool:
    numbers = [as_number(value) for value in (change.before, change.after, old.before, old.after)]
    here, there, was, became = numbers
    if here is None or there is None or was is None or became is None:
        return False
    return (there - here) * (became - was) < 0
