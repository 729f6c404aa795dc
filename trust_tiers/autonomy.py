"""Earned autonomy: how far patches of one class may go in one repository by themselves, given how earlier ones ended.

The chance of a clean outcome has the posterior Beta(1 + clean, 1 + not clean), in which an outcome loses half its
weight every 60 days. A rung is reached when even the 5 % lower bound of that chance is high enough: 0.90 for applying,
which takes 28 clean outcomes, or 45 of which one wasn't. A rollback wipes out all that spoke for the class before it.
What was seen under another model speaks against a class but not for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from trust_tiers.beta import beta_quantile
from trust_tiers.decision import RiskTier
from trust_tiers.patch_class import EARNING_CLASSES

HALF_LIFE = timedelta(days=60)
LOWER_BOUND_AT = 0.05
NEEDED_TO_APPLY = 0.90
NEEDED_TO_SHADOW = 0.80


class Rung(IntEnum):
    """How far a class may go: say nothing, propose, propose and say what would have been applied, apply."""

    SILENT = 0
    PROPOSE = 1
    WOULD_APPLY = 2
    AUTO_LOW = 3


class Ending(StrEnum):
    """How an applied or merged proposal ended: only `CLEAN` speaks for its class."""

    CLEAN = "clean"
    OUT_OF_BAND = "out_of_band"
    EDITED = "edited"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class ClassOutcome:
    """One outcome of a class in a repository; `model` names the models its proposer and its spec used."""

    at: datetime
    ending: Ending
    model: str = ""


@dataclass(frozen=True, slots=True)
class Autonomy:
    """What a class has earned, and why, in a sentence.

    `clean` and `others` are weights, not counts; `missing` is how many more clean outcomes, one after another today,
    would be enough to let it apply by itself, were it only for them.
    """

    rung: Rung
    lower_bound: float
    clean: float
    others: float
    missing: int
    reason: str


def earn_autonomy(
    patch_class: str,
    outcomes: Iterable[ClassOutcome],
    *,
    now: datetime,
    model: str = "",
    at_most: Rung = Rung.AUTO_LOW,
) -> Autonomy:
    """Return what a class (of `name_class`) has earned by all its outcomes in a repository.

    `at_most` is what the repository's mode allows; `model` is the one in use now.
    """
    history = sorted(outcomes, key=lambda outcome: outcome.at)
    clean, others = _weigh(history, now, model)
    bound = bound_clean(clean, others)
    rung = min(at_most, ceiling_of(patch_class), _find_rung(bound))
    earned = Autonomy(rung, bound, clean, others, _count_missing(clean, others), "")
    reason = _explain(patch_class, history, earned, model=model, at_most=at_most)
    return replace(earned, reason=reason)


def ceiling_of(patch_class: str) -> Rung:
    """Return the rung that no record of a class can get it past."""
    return Rung.AUTO_LOW if patch_class in EARNING_CLASSES else Rung.PROPOSE


def tier_after(tier: RiskTier, autonomy: Autonomy) -> RiskTier:
    """Return the tier as which a patch is handled: a MEDIUM one of a class that earned it as LOW; HIGH stays HIGH."""
    earned = tier is RiskTier.MEDIUM and autonomy.rung is Rung.AUTO_LOW
    return RiskTier.LOW if earned else tier


def bound_clean(clean: float, others: float) -> float:
    """Return the 5 % lower bound of the chance of a clean outcome."""
    return beta_quantile(LOWER_BOUND_AT, 1 + clean, 1 + others)


def _weigh(history: Sequence[ClassOutcome], now: datetime, model: str) -> tuple[float, float]:
    clean = others = 0.0
    for outcome in history:
        weight = 0.5 ** (max(timedelta(), now - outcome.at) / HALF_LIFE)
        if outcome.ending is Ending.CLEAN:
            clean += weight if outcome.model == model else 0.0
        else:
            others += weight
        if outcome.ending is Ending.ROLLED_BACK:
            clean = 0.0
    return clean, others


def _find_rung(bound: float) -> Rung:
    if bound >= NEEDED_TO_APPLY:
        return Rung.AUTO_LOW
    return Rung.WOULD_APPLY if bound >= NEEDED_TO_SHADOW else Rung.PROPOSE


def _count_missing(clean: float, others: float) -> int:
    """Return how many more clean outcomes reach the bound; it grows with each, so bisection finds them."""
    low, high = -1, 1
    while bound_clean(clean + high, others) < NEEDED_TO_APPLY:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = bound_clean(clean + middle, others) >= NEEDED_TO_APPLY
        low, high = (low, middle) if enough else (middle, high)
    return high


def _explain(
    patch_class: str,
    history: Sequence[ClassOutcome],
    earned: Autonomy,
    *,
    model: str,
    at_most: Rung,
) -> str:
    if ceiling_of(patch_class) is not Rung.AUTO_LOW:
        return f"{patch_class}: patches of this class are always for a person"
    told = f"{patch_class}: {_count(history)}, so at least {earned.lower_bound:.0%} end well"
    if earned.rung is Rung.AUTO_LOW:
        return f"{told}: applied by itself"
    if earned.missing == 0:
        return f"{told}: enough to be applied by itself, but the mode doesn't allow more than {at_most.name.lower()}"
    frozen = _find_other_model(history, model)
    why = f"; frozen, because the model changed from {frozen} to {model}" if frozen else ""
    return f"{told}{why}; {earned.missing} more clean ones are needed"


def _count(history: Sequence[ClassOutcome]) -> str:
    clean = sum(outcome.ending is Ending.CLEAN for outcome in history)
    rolled_back = sum(outcome.ending is Ending.ROLLED_BACK for outcome in history)
    told = f"{clean} of {len(history)} outcomes were clean"
    return f"{told}, {rolled_back} rolled back" if rolled_back else told


def _find_other_model(history: Sequence[ClassOutcome], model: str) -> str:
    others = [outcome.model for outcome in history if outcome.model != model]
    return others[-1] if others else ""
