"""How applying a proposal ended, with reasons for the person who asked."""

from dataclasses import dataclass
from enum import StrEnum


class OutcomeKind(StrEnum):
    """Applied and tested; taken back at once; not begun; or waiting for a person to take it back."""

    APPLIED = "applied"
    REVERTED = "reverted"
    REFUSED = "refused"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an application; `commit` is ours on the default branch, `reverted_by` the one that took it back."""

    proposal_id: str
    kind: OutcomeKind
    commit: str = ""
    reverted_by: str = ""
    reasons: tuple[str, ...] = ()
