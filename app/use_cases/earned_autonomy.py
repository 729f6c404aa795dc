"""What each class of patches has earned in a repository: how its proposals ended, and how far it may go by itself."""

from collections.abc import Iterable
from datetime import datetime

from app.settings import Mode
from app.store import OutcomeRecord, Transaction, find_proposal, keep_outcome, list_outcomes
from trust_tiers import Autonomy, ClassOutcome, Ending, Rung, earn_autonomy

_AT_MOST = {
    Mode.SILENT: Rung.SILENT,
    Mode.PROPOSE: Rung.WOULD_APPLY,
    Mode.AUTO_LOW: Rung.AUTO_LOW,
    Mode.AUTO_MEDIUM: Rung.AUTO_LOW,
}


def note_ending(rows: Transaction, proposal_id: str, ending: Ending, *, at: datetime) -> None:
    """Keep how a proposal ended; a bad ending is never replaced by a better one."""
    proposal = find_proposal(rows, proposal_id)
    if proposal is None:
        return
    patch_class = str(proposal.facts.get("class", "")) or proposal.patch_class
    known = [one for one in list_outcomes(rows, patch_class) if one.proposal_id == proposal_id]
    if ending is Ending.CLEAN and known:
        return
    outcome = ClassOutcome(at, ending, model_of(proposal.facts.get("provenance")))
    keep_outcome(rows, OutcomeRecord(proposal_id, patch_class, outcome))


def read_autonomy(
    rows: Transaction, patch_class: str, *, mode: Mode, now: datetime, model: str = ""
) -> Autonomy:
    """Return what a class has earned; `model` is the one that proposed the patch at hand."""
    outcomes = [one.outcome for one in list_outcomes(rows, patch_class)]
    return earn_autonomy(patch_class, outcomes, now=now, model=model, at_most=_AT_MOST[mode])


def list_autonomy(rows: Transaction, *, mode: Mode, now: datetime) -> tuple[Autonomy, ...]:
    """Return what every class that ever ended somehow has earned, by class, under its latest model."""
    by_class: dict[str, list[ClassOutcome]] = {}
    for one in list_outcomes(rows):
        by_class.setdefault(one.patch_class, []).append(one.outcome)
    return tuple(
        earn_autonomy(name, found, now=now, model=found[-1].model, at_most=_AT_MOST[mode])
        for name, found in sorted(by_class.items())
    )


def is_demoted(rows: Transaction, patch_class: str, earned: Autonomy) -> bool:
    """Whether one of the class was taken back, and it hasn't earned its place again since."""
    return earned.rung is not Rung.AUTO_LOW and _was_rolled_back(
        one.outcome for one in list_outcomes(rows, patch_class)
    )


def model_of(provenance: object) -> str:
    """Return the model that proposed a patch, `""` for our own heuristics."""
    return str(provenance.get("model", "")) if isinstance(provenance, dict) else ""


def _was_rolled_back(outcomes: Iterable[ClassOutcome]) -> bool:
    return any(one.ending is Ending.ROLLED_BACK for one in outcomes)
