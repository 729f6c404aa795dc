"""A handful of retries on a step that may be repeated only costs patience."""

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.knobs import Tuning, read_tuning
from trust_tiers.verdicts import high, low, write_number
from workflow import GraphChange


def raises_retries(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Let retries of a repeatable step grow up to the limit; fewer retries go to a person."""
    tuning = read_tuning(change, comparison, "max_retries")
    if not isinstance(tuning, Tuning):
        return tuning
    step_id, after = tuning.step.step_id, write_number(tuning.after)
    obstacle = _obstacle(tuning, comparison.limits.max_retries)
    if obstacle:
        return high(f"{step_id}: {after} retries, {obstacle}")
    was = write_number(tuning.before or 0)
    return low(f"{step_id}: {after} retries instead of {was}, and the step may be repeated")


def _obstacle(tuning: Tuning, most: int) -> str:
    if not tuning.after.is_integer():
        return "which isn't a whole number"
    if not tuning.step.is_repeatable:
        return "but repeating the step isn't known to be harmless"
    if tuning.after > most:
        return f"more than the {most} allowed"
    if tuning.after < (tuning.before or 0):
        return f"fewer than the {write_number(tuning.before or 0)} it has now"
    return ""
