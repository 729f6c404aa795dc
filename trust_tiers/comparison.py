"""What a rule may look at beside the change itself: both versions and the limits."""

from collections.abc import Callable
from dataclasses import dataclass

from trust_tiers.decision import Decision
from trust_tiers.limits import TierLimits
from workflow import GraphChange, Workflow


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a workflow and how far a change may go."""

    before: Workflow
    after: Workflow
    limits: TierLimits


Rule = Callable[[GraphChange, Comparison], Decision | None]
"""Judges one change, or has nothing to say about it; what no rule knows is HIGH."""
