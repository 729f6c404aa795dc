"""The table of proposals: what was proposed, on what grounds, and where it stands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import JSON, ForeignKeyConstraint
from sqlmodel import Field, col, select

from app.errors import BadInputError
from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from trust_tiers import HoldReason, RolloutState


@dataclass(frozen=True, slots=True)
class Prediction:
    """Net US dollars a month with their 90 % interval; an estimate, hence floats."""

    low_usd: float
    mid_usd: float
    high_usd: float


@dataclass(frozen=True, slots=True)
class ProposalRecord:
    """A proposal as stored; `patch` is RFC 6902, `facts` what was known when it was made (evidence, reasons, terms).

    `basis` says in words what the prediction rests on; no prediction means there was too little to go by.
    """

    id: str
    spec_path: str
    spec_sha256: str
    fingerprint: str
    title: str
    source: str
    patch_class: str
    tier: str
    patch: list[dict[str, JsonValue]]
    created_at: datetime
    state: RolloutState = RolloutState.PROPOSED
    held_because: HoldReason | None = None
    rationale: str = ""
    prediction: Prediction | None = None
    basis: str = ""
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


class ProposalRow(OwnRow, table=True):
    """A row of `proposals`."""

    __tablename__ = "proposals"

    id: str = Field(primary_key=True)
    spec_path: str = Field(index=True)
    spec_sha256: str
    fingerprint: str
    title: str
    source: str
    patch_class: str
    tier: str
    state: str = Field(index=True)
    held_because: str | None
    patch: list[dict[str, JsonValue]] = Field(sa_type=JSON)
    rationale: str
    low_usd: float | None
    mid_usd: float | None
    high_usd: float | None
    basis: str
    facts: dict[str, JsonValue] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=Instant)


def to_proposal() -> ForeignKeyConstraint:
    """Return the reference of a row's `proposal_id` to a proposal of the same repository."""
    return ForeignKeyConstraint(
        ["repository", "proposal_id"], ["proposals.repository", "proposals.id"]
    )


def save_proposal(rows: Transaction, proposal: ProposalRecord) -> None:
    """Insert a proposal, or replace the one of the same id."""
    rows.merge(_to_row(proposal))
    rows.flush()


def find_proposal(rows: Transaction, proposal_id: str) -> ProposalRecord | None:
    """Return a proposal by its id."""
    row = rows.get(ProposalRow, proposal_id)
    return _to_record(row) if row else None


def list_proposals(
    rows: Transaction, *, states: Collection[RolloutState] | None = None
) -> tuple[ProposalRecord, ...]:
    """Return proposals in any of `states` (None: all), oldest first."""
    query = select(ProposalRow).order_by(col(ProposalRow.created_at), col(ProposalRow.id))
    if states is not None:
        query = query.where(col(ProposalRow.state).in_([state.value for state in states]))
    return tuple(_to_record(row) for row in rows.exec(query))


def set_proposal_state(
    rows: Transaction,
    proposal_id: str,
    state: RolloutState,
    held_because: HoldReason | None = None,
) -> None:
    """Move a proposal to a state; raises `BadInputError` when there is no such proposal."""
    row = rows.get(ProposalRow, proposal_id)
    if row is None:
        raise BadInputError(f"there is no proposal {proposal_id!r}")
    row.state = state.value
    row.held_because = held_because.value if held_because else None
    rows.add(row)


def _to_row(proposal: ProposalRecord) -> ProposalRow:
    predicted = proposal.prediction
    return ProposalRow(
        id=proposal.id,
        spec_path=proposal.spec_path,
        spec_sha256=proposal.spec_sha256,
        fingerprint=proposal.fingerprint,
        title=proposal.title,
        source=proposal.source,
        patch_class=proposal.patch_class,
        tier=proposal.tier,
        state=proposal.state.value,
        held_because=proposal.held_because.value if proposal.held_because else None,
        patch=proposal.patch,
        rationale=proposal.rationale,
        low_usd=predicted.low_usd if predicted else None,
        mid_usd=predicted.mid_usd if predicted else None,
        high_usd=predicted.high_usd if predicted else None,
        basis=proposal.basis,
        facts=dict(proposal.facts),
        created_at=proposal.created_at,
    )


def _to_record(row: ProposalRow) -> ProposalRecord:
    return ProposalRecord(
        id=row.id,
        spec_path=row.spec_path,
        spec_sha256=row.spec_sha256,
        fingerprint=row.fingerprint,
        title=row.title,
        source=row.source,
        patch_class=row.patch_class,
        tier=row.tier,
        state=RolloutState(row.state),
        held_because=HoldReason(row.held_because) if row.held_because else None,
        patch=row.patch,
        rationale=row.rationale,
        prediction=_to_prediction(row),
        basis=row.basis,
        facts=row.facts,
        created_at=row.created_at,
    )


def _to_prediction(row: ProposalRow) -> Prediction | None:
    if row.low_usd is None or row.mid_usd is None or row.high_usd is None:
        return None
    return Prediction(row.low_usd, row.mid_usd, row.high_usd)
