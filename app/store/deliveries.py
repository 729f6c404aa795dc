"""The table of webhook deliveries that were accepted: each once, by GitHub's unique id."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue
from sqlalchemy import JSON, delete
from sqlmodel import Field, col, select

from app.store.columns import Instant, Row
from app.store.database import Transaction
from app.store.inserting import insert_if_new


class Receipt(StrEnum):
    """What became of a delivery: new, one that came before, or another body under an id that came before."""

    NEW = "new"
    REPEATED = "repeated"
    CONFLICTING = "conflicting"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery without its text: `facts` are ids, numbers, hashes and states."""

    id: str
    body_sha256: str
    event: str
    received_at: datetime
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


class DeliveryRow(Row, table=True):
    """A row of `deliveries`."""

    __tablename__ = "deliveries"

    id: str = Field(primary_key=True)
    body_sha256: str
    event: str
    received_at: datetime = Field(sa_type=Instant, index=True)
    facts: dict[str, JsonValue] = Field(sa_type=JSON)


def take_delivery(rows: Transaction, delivery: Delivery) -> Receipt:
    """Keep a delivery unless its id came before."""
    values = {item.name: getattr(delivery, item.name) for item in fields(Delivery)}
    if insert_if_new(rows, DeliveryRow, values):
        return Receipt.NEW
    known = rows.exec(select(DeliveryRow.body_sha256).where(DeliveryRow.id == delivery.id)).one()
    return Receipt.REPEATED if known == delivery.body_sha256 else Receipt.CONFLICTING


def find_delivery(rows: Transaction, delivery_id: str) -> Delivery | None:
    """Return a delivery by GitHub's id."""
    row = rows.get(DeliveryRow, delivery_id)
    return (
        Delivery(**{item.name: getattr(row, item.name) for item in fields(Delivery)})
        if row
        else None
    )


def list_known_deliveries(rows: Transaction, ids: tuple[str, ...]) -> frozenset[str]:
    """Return which of some ids were accepted."""
    return frozenset(rows.exec(select(DeliveryRow.id).where(col(DeliveryRow.id).in_(ids))))


def drop_deliveries(rows: Transaction, *, before: datetime) -> int:
    """Forget deliveries from before a moment, which nobody can send again any more; returns how many."""
    done = rows.execute(delete(DeliveryRow).where(col(DeliveryRow.received_at) < before))
    return int(done.rowcount)  # type: ignore[attr-defined]
