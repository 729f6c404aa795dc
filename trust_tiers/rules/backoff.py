"""Waiting longer between attempts only costs patience; waiting less can hurt whoever is called."""

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.knobs import Tuning, read_tuning
from trust_tiers.verdicts import high, low, write_number
from workflow import GraphChange


def raises_backoff(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Let the wait between attempts grow up to the limit."""
    tuning = read_tuning(change, comparison, "backoff_s")
    if not isinstance(tuning, Tuning):
        return tuning
    text = f"{tuning.step.step_id}: {write_number(tuning.after)} s between attempts"
    before, most = tuning.before or 0.0, comparison.limits.max_backoff_s
    if tuning.after > most:
        return high(f"{text}, more than the {write_number(most)} s allowed")
    if tuning.after < before:
        return high(f"{text}, less than the {write_number(before)} s now")
    return low(f"{text} instead of {write_number(before)} s")
