"""Short ways to say what a rule decided, and how a number reads in a sentence."""

from trust_tiers.decision import Decision, RiskTier


def low(reason: str) -> Decision:
    """Return a decision that lets the change through once the embedded tests pass."""
    return Decision(RiskTier.LOW, (reason,))


def medium(reason: str) -> Decision:
    """Return a decision that stages the change."""
    return Decision(RiskTier.MEDIUM, (reason,))


def high(reason: str) -> Decision:
    """Return a decision that leaves the change to a person."""
    return Decision(RiskTier.HIGH, (reason,))


def write_number(value: float) -> str:
    """Write a number for a sentence: `2`, `1.5`, `120`."""
    return f"{value:.6g}"
