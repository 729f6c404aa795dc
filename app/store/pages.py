"""The table of pages: what a proposal says to people, as the last sweep wrote it, and what it is worth a minute."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Field, col, select

from app.store.columns import Instant, OwnRow
from app.store.database import Transaction
from app.store.proposals import to_proposal


@dataclass(frozen=True, slots=True)
class Page:
    """A proposal's page in Markdown, safe to show; `usd_per_review_minute` is what places it in the queue.

    `needs_person` is False for what may be applied without anybody's word.
    """

    proposal_id: str
    body: str
    usd_per_review_minute: float
    written_at: datetime
    needs_person: bool = True


class PageRow(OwnRow, table=True):
    """A row of `pages`."""

    __tablename__ = "pages"
    __table_args__ = (to_proposal(),)

    proposal_id: str = Field(primary_key=True)
    body: str
    usd_per_review_minute: float
    written_at: datetime = Field(sa_type=Instant)
    needs_person: bool


def save_page(rows: Transaction, page: Page) -> None:
    """Insert a page, or replace the one of the same proposal."""
    rows.merge(
        PageRow(
            proposal_id=page.proposal_id,
            body=page.body,
            usd_per_review_minute=page.usd_per_review_minute,
            written_at=page.written_at,
            needs_person=page.needs_person,
        )
    )
    rows.flush()


def find_page(rows: Transaction, proposal_id: str) -> Page | None:
    """Return the page of a proposal; None for one that no longer waits to be offered."""
    row = rows.get(PageRow, proposal_id)
    return _to_page(row) if row else None


def list_pages(rows: Transaction) -> tuple[Page, ...]:
    """Return all pages, what is worth most a minute first."""
    order = (col(PageRow.usd_per_review_minute).desc(), col(PageRow.proposal_id))
    return tuple(_to_page(row) for row in rows.exec(select(PageRow).order_by(*order)))


def drop_page(rows: Transaction, proposal_id: str) -> None:
    """Take a proposal out of the queue."""
    row = rows.get(PageRow, proposal_id)
    if row is not None:
        rows.delete(row)
        rows.flush()


def _to_page(row: PageRow) -> Page:
    return Page(
        row.proposal_id, row.body, row.usd_per_review_minute, row.written_at, row.needs_person
    )
