"""Which patches were judged on the held-out runs of a version: what was asked too often proves nothing any more."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction


class HoldOutRow(OwnRow, table=True):
    """A row of `hold_outs`; patches are told by the id of their proposal, whether or not they became one."""

    __tablename__ = "hold_outs"

    spec_sha256: str = Field(primary_key=True)
    patch_id: str = Field(primary_key=True)
    judged_at: datetime = Field(sa_type=Instant)


def use_hold_out(
    rows: Transaction, spec_sha256: str, patch_ids: Iterable[str], *, at: datetime
) -> None:
    """Note what was judged together at a time; what had been judged before is no new use."""
    for patch_id in sorted(set(patch_ids)):
        if rows.get(HoldOutRow, (spec_sha256, patch_id)) is None:
            rows.merge(HoldOutRow(spec_sha256=spec_sha256, patch_id=patch_id, judged_at=at))
    rows.flush()


def count_hold_out_uses(rows: Transaction, spec_sha256: str) -> int:
    """Return at how many times new patches of a version were judged."""
    times = select(func.count(func.distinct(col(HoldOutRow.judged_at)))).where(
        col(HoldOutRow.spec_sha256) == spec_sha256
    )
    return int(rows.exec(times).one())
