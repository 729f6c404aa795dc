"""The table of secrets that only this store knows, so that nobody outside can foresee what is chosen by them."""

import secrets

from sqlalchemy import BigInteger
from sqlmodel import Field

from app.store.columns import Row
from app.store.database import Transaction

_SAMPLING = "sampling"
_BITS = 63


class SaltRow(Row, table=True):
    """A row of `salts`."""

    __tablename__ = "salts"

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


def make_sampling_salt(rows: Transaction) -> int:
    """Return the number that decides which runs are sampled, the same ever after; it is drawn on the first call."""
    row = rows.get(SaltRow, _SAMPLING)
    if row is None:
        row = SaltRow(name=_SAMPLING, value=secrets.randbits(_BITS))
        rows.add(row)
        rows.flush()
    return row.value
