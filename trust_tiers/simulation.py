"""What would have become of past proposals if so much had been allowed to happen by itself."""

from dataclasses import dataclass
from enum import StrEnum

from trust_tiers.decision import RiskTier
from trust_tiers.rollout import RolloutState


class WouldHave(StrEnum):
    """What would have happened to a proposal without a person: applied, held for one, or refused."""

    APPLIED = "applied"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Simulated:
    """What would have happened, and why, in a few words."""

    fate: WouldHave
    reason: str


def simulate_tier(
    tier: RiskTier, *, automatic: RiskTier, state: RolloutState, doubt: str = ""
) -> Simulated:
    """Tell what would have become of a proposal if everything up to the tier `automatic` went by itself.

    `state` is what did become of it; `doubt` says why its evidence doesn't allow applying it, `""` if it does.
    """
    if state is RolloutState.ROLLED_BACK:
        return Simulated(WouldHave.REFUSED, "it was dropped before it was applied")
    if tier is RiskTier.HIGH or tier > automatic:
        return Simulated(WouldHave.HELD, f"{tier.name} risk: for a person")
    if doubt:
        return Simulated(WouldHave.HELD, doubt)
    if tier is RiskTier.MEDIUM:
        return Simulated(WouldHave.HELD, "MEDIUM risk: shadowed first, then applied")
    told = "applied after its tests"
    if state is RolloutState.REVERTED:
        told += ", and taken back"
    return Simulated(WouldHave.APPLIED, told)
