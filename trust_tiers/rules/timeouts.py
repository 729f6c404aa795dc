"""A timeout moved by a bounded factor is a bet that is cheap to lose."""

from trust_tiers.comparison import Comparison
from trust_tiers.decision import Decision
from trust_tiers.knobs import Tuning, read_tuning
from trust_tiers.limits import TierLimits
from trust_tiers.verdicts import high, low, write_number
from workflow import GraphChange


def moves_timeout(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Let a timeout move within its bounds; cutting a step short needs one that may be repeated."""
    tuning = read_tuning(change, comparison, "timeout_s")
    if not isinstance(tuning, Tuning):
        return tuning
    after = f"{tuning.step.step_id}: timeout of {write_number(tuning.after)} s"
    obstacle = _obstacle(tuning, comparison.limits)
    if obstacle:
        return high(f"{after}, {obstacle}")
    was = "none" if tuning.before is None else f"{write_number(tuning.before)} s"
    return low(f"{after} instead of {was}")


def _obstacle(tuning: Tuning, limits: TierLimits) -> str:
    before, after = tuning.before, tuning.after
    if not limits.min_timeout_s <= after <= limits.max_timeout_s:
        allowed = f"{write_number(limits.min_timeout_s)}–{write_number(limits.max_timeout_s)} s"
        return f"outside the allowed {allowed}"
    if before is not None and after > before * limits.max_timeout_raise:
        return f"more than {write_number(limits.max_timeout_raise)} times the {write_number(before)} s now"
    if before is not None and after < before / limits.max_timeout_cut:
        return f"less than 1/{write_number(limits.max_timeout_cut)} of the {write_number(before)} s now"
    shortens = before is None or after < before
    if shortens and not tuning.step.is_repeatable:
        return "which could cut off a step whose effects aren't known to be harmless"
    return ""
