"""Values that people put in place of proposed ones: what to propose next time."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import JSON
from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from meta_agent import Correction


class CorrectionRow(OwnRow, table=True):
    """A row of `corrections`."""

    __tablename__ = "corrections"

    spec_path: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    preferred: list[JsonValue] = Field(sa_type=JSON)
    """The one value, in a list: SQLite reads a bare number of a JSON column back as no text."""
    learned_at: datetime = Field(sa_type=Instant)


def keep_correction(rows: Transaction, correction: Correction, *, at: datetime) -> None:
    """Keep what was learned; of two for the same field the later one stays."""
    rows.merge(
        CorrectionRow(
            spec_path=correction.spec_path,
            kind=correction.kind,
            subject=correction.subject,
            field="/".join(correction.field),
            preferred=[correction.preferred],
            learned_at=at,
        )
    )
    rows.flush()


def list_corrections(rows: Transaction, spec_path: str) -> tuple[Correction, ...]:
    """Return what is known of one spec, oldest first."""
    query = (
        select(CorrectionRow)
        .where(col(CorrectionRow.spec_path) == spec_path)
        .order_by(col(CorrectionRow.learned_at), col(CorrectionRow.subject))
    )
    return tuple(
        Correction(
            row.spec_path, row.kind, row.subject, tuple(row.field.split("/")), row.preferred[0]
        )
        for row in rows.exec(query)
    )
