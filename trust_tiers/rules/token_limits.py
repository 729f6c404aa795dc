"""A lower limit on output tokens saves money, and may cut an answer short: worth a trial, not a blind commit."""

from trust_tiers.comparison import Comparison
from trust_tiers.deciders import decides
from trust_tiers.decision import Decision
from trust_tiers.knobs import Tuning, read_tuning
from trust_tiers.verdicts import high, medium, write_number
from workflow import GraphChange


def lowers_token_limit(change: GraphChange, comparison: Comparison) -> Decision | None:
    """Stage a limit on a step's output tokens that is lowered by a bounded factor."""
    tuning = read_tuning(change, comparison, "max_tokens")
    if not isinstance(tuning, Tuning):
        return tuning
    text = f"{tuning.step.step_id}: at most {write_number(tuning.after)} output tokens"
    before, cut = tuning.before, comparison.limits.max_token_cut
    if decides(tuning.step, comparison.before):
        return high(f"{text}, and its answer decides what else happens")
    if before is None:
        return high(f"{text}, and no limit before to compare with")
    if not before / cut <= tuning.after <= before:
        return high(
            f"{text}, not between 1/{write_number(cut)} and all of the {write_number(before)} now"
        )
    return medium(f"{text} instead of {write_number(before)}")
