"""One attempt on the gate, and what became of it."""

from dataclasses import dataclass, field

from prompt_guard import Rejection, check_patch
from trust_tiers import RiskTier, TierLimits, classify_in_window
from workflow import Workflow

MODELS = ("sim:small", "sim:medium")
LIMITS = TierLimits(allowed_models=MODELS)


@dataclass(frozen=True, slots=True)
class Case:
    """A patch as data for one version; `label` says of which class it is, by its construction."""

    label: str
    before: Workflow
    patch: object
    window: tuple[Workflow, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What guard and gate made of a case; without a tier it was refused."""

    tier: RiskTier | None
    after: Workflow | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether there is a mode in which no person would look at it."""
        return self.tier in (RiskTier.LOW, RiskTier.MEDIUM)


def judge(case: Case) -> Verdict:
    """Send a case through the guard and the gate, as the product does."""
    checked = check_patch(case.before, case.patch)
    if isinstance(checked, Rejection):
        return Verdict(None)
    decision = classify_in_window(case.before, checked.after, LIMITS, window=case.window)
    return Verdict(decision.tier, checked.after)
