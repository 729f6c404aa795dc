"""The table of rollouts: how far a proposal's way to everybody got, beside the state that its own row holds.

A plan of a bake-in never changes once it is made; its progress is kept apart, so that moving on writes little.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import JSON, BigInteger
from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import to_proposal


@dataclass(frozen=True, slots=True)
class RolloutRecord:
    """What is known of one rollout; empty where it isn't that far.

    `staged_head` is the commit that is tried and `staged_base` what it stands on, `given_up_head` one that isn't tried
    again. `asked_by` is the account of the person who wants it applied, 0 for nobody. `baked_until` is the end of the
    last run that counted, `visible` tells what harm the bake-in can see, and `revert_number` is the pull request that
    asks people to take it back.
    """

    proposal_id: str
    staged_head: str = ""
    staged_base: str = ""
    staged_at: datetime | None = None
    given_up_head: str = ""
    restaged: int = 0
    asked_by: int = 0
    reason: str = ""
    next_at: datetime | None = None
    plan: Mapping[str, JsonValue] | None = None
    progress: Mapping[str, JsonValue] | None = None
    baked_until: datetime | None = None
    visible: str = ""
    revert_number: int = 0


class RolloutRow(OwnRow, table=True):
    """A row of `rollouts`."""

    __tablename__ = "rollouts"
    __table_args__ = (to_proposal(),)

    proposal_id: str = Field(primary_key=True)
    staged_head: str
    staged_base: str
    staged_at: datetime | None = Field(sa_type=Instant)
    given_up_head: str
    restaged: int
    asked_by: int = Field(sa_type=BigInteger)
    reason: str
    next_at: datetime | None = Field(sa_type=Instant)
    plan: dict[str, JsonValue] | None = Field(sa_type=JSON)
    progress: dict[str, JsonValue] | None = Field(sa_type=JSON)
    baked_until: datetime | None = Field(sa_type=Instant)
    visible: str
    revert_number: int = Field(sa_type=BigInteger)


def save_rollout(rows: Transaction, rollout: RolloutRecord) -> None:
    """Insert a rollout, or replace the one of the same proposal."""
    rows.merge(RolloutRow(**{item.name: getattr(rollout, item.name) for item in _FIELDS}))
    rows.flush()


def find_rollout(rows: Transaction, proposal_id: str) -> RolloutRecord:
    """Return a proposal's rollout, an empty one where nothing happened yet."""
    row = rows.get(RolloutRow, proposal_id)
    return _to_record(row) if row else RolloutRecord(proposal_id)


def list_rollouts(
    rows: Transaction, proposal_ids: Collection[str] | None = None
) -> tuple[RolloutRecord, ...]:
    """Return the rollouts of some proposals (None: of all), by proposal."""
    query = select(RolloutRow).order_by(col(RolloutRow.proposal_id))
    if proposal_ids is not None:
        query = query.where(col(RolloutRow.proposal_id).in_(list(proposal_ids)))
    return tuple(_to_record(row) for row in rows.exec(query))


_FIELDS = fields(RolloutRecord)


def _to_record(row: RolloutRow) -> RolloutRecord:
    return RolloutRecord(**{item.name: getattr(row, item.name) for item in _FIELDS})
