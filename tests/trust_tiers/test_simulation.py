"""What would have gone by itself."""

import pytest

from trust_tiers import RiskTier, RolloutState, WouldHave, simulate_tier

LOW, MEDIUM, HIGH = RiskTier.LOW, RiskTier.MEDIUM, RiskTier.HIGH
PROPOSED = RolloutState.PROPOSED


@pytest.mark.parametrize(
    ("tier", "automatic", "state", "doubt", "fate", "reason"),
    [
        (LOW, LOW, PROPOSED, "", "applied", "applied after its tests"),
        (LOW, LOW, RolloutState.REVERTED, "", "applied", "applied after its tests, and taken back"),
        (LOW, LOW, PROPOSED, "too few runs", "held", "too few runs"),
        (LOW, LOW, RolloutState.ROLLED_BACK, "", "refused", "it was dropped before it was applied"),
        (MEDIUM, LOW, PROPOSED, "", "held", "MEDIUM risk: for a person"),
        (MEDIUM, MEDIUM, PROPOSED, "", "held", "MEDIUM risk: shadowed first, then applied"),
        (MEDIUM, MEDIUM, PROPOSED, "too few runs", "held", "too few runs"),
        (HIGH, HIGH, PROPOSED, "", "held", "HIGH risk: for a person"),
    ],
)
def test_each_proposal_has_its_fate_and_its_reason(
    tier: RiskTier, automatic: RiskTier, state: RolloutState, doubt: str, fate: str, reason: str
) -> None:
    found = simulate_tier(tier, automatic=automatic, state=state, doubt=doubt)
    assert (found.fate, found.reason) == (WouldHave(fate), reason)
