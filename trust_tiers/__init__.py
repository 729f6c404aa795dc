"""Risk: judging a patch by its semantic changes, and the life of an accepted proposal."""

from trust_tiers.classification import classify
from trust_tiers.decision import Decision, RiskTier
from trust_tiers.errors import RolloutError, TrustTiersError
from trust_tiers.limits import TierLimits
from trust_tiers.rollout import TERMINAL, RolloutEvent, RolloutState, Transition, advance

__all__ = [
    "TERMINAL",
    "Decision",
    "RiskTier",
    "RolloutError",
    "RolloutEvent",
    "RolloutState",
    "TierLimits",
    "Transition",
    "TrustTiersError",
    "advance",
    "classify",
]
