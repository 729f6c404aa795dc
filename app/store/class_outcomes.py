"""The table of how applied proposals ended, by their class: what a class of patches may do by itself rests on it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import to_proposal
from trust_tiers import ClassOutcome
from trust_tiers import Ending as OutcomeEnding


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """How one proposal of a class ended; a later ending of the same proposal takes the place of the first."""

    proposal_id: str
    patch_class: str
    outcome: ClassOutcome


class ClassOutcomeRow(OwnRow, table=True):
    """A row of `class_outcomes`."""

    __tablename__ = "class_outcomes"
    __table_args__ = (to_proposal(),)

    proposal_id: str = Field(primary_key=True)
    patch_class: str = Field(index=True)
    ending: str
    model: str
    at: datetime = Field(sa_type=Instant)


def keep_outcome(rows: Transaction, record: OutcomeRecord) -> None:
    """Keep how a proposal ended."""
    outcome = record.outcome
    rows.merge(
        ClassOutcomeRow(
            proposal_id=record.proposal_id,
            patch_class=record.patch_class,
            ending=outcome.ending.value,
            model=outcome.model,
            at=outcome.at,
        )
    )
    rows.flush()


def list_outcomes(rows: Transaction, patch_class: str | None = None) -> tuple[OutcomeRecord, ...]:
    """Return how proposals of a class (None: of any) ended, oldest first."""
    order = (col(ClassOutcomeRow.at), col(ClassOutcomeRow.proposal_id))
    query = select(ClassOutcomeRow).order_by(*order)
    if patch_class is not None:
        query = query.where(col(ClassOutcomeRow.patch_class) == patch_class)
    return tuple(
        OutcomeRecord(
            row.proposal_id,
            row.patch_class,
            ClassOutcome(row.at, OutcomeEnding(row.ending), row.model),
        )
        for row in rows.exec(query)
    )
