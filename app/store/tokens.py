"""The table of ingest tokens: who may send telemetry for which repository. Only hashes are kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlmodel import Field, col, select

from app.errors import BadInputError
from app.store.columns import Instant, Row
from app.store.database import Transaction

_PREFIX = "flujo_"
_RANDOM_BYTES = 32
_ID_CHARS = 12


@dataclass(frozen=True, slots=True)
class IngestToken:
    """A token as it may be shown: never the secret itself. `revoked_at` is None while it works."""

    id: str
    repository: str
    created_at: datetime
    revoked_at: datetime | None = None


class IngestTokenRow(Row, table=True):
    """A row of `ingest_tokens`."""

    __tablename__ = "ingest_tokens"

    secret_sha256: str = Field(primary_key=True)
    id: str = Field(index=True, unique=True)
    repository: str = Field(index=True)
    created_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


def create_token(rows: Transaction, repository: str, *, at: datetime) -> tuple[IngestToken, str]:
    """Make a token for a repository; returns it with the secret, which can't be had again."""
    secret = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    token = IngestToken(secrets.token_hex(_ID_CHARS // 2), repository, at)
    rows.add(
        IngestTokenRow(
            secret_sha256=_hash(secret), id=token.id, repository=repository, created_at=at
        )
    )
    rows.flush()
    return token, secret


def find_token(rows: Transaction, secret: str) -> IngestToken | None:
    """Return the token of a secret, None for a wrong or revoked one.

    The look-up is by the hash of 256 random bits, so its timing tells nothing about any secret.
    """
    row = rows.get(IngestTokenRow, _hash(secret))
    return _to_record(row) if row and row.revoked_at is None else None


def has_tokens(rows: Transaction) -> bool:
    """Return whether a token was ever made, revoked ones included: who began to use tokens means them."""
    return rows.exec(select(IngestTokenRow.id).limit(1)).first() is not None


def revoke_token(rows: Transaction, token_id: str, *, at: datetime) -> IngestToken:
    """End a token; ending it again changes nothing. Raises `BadInputError` when there is none of that id."""
    row = rows.exec(select(IngestTokenRow).where(IngestTokenRow.id == token_id)).one_or_none()
    if row is None:
        raise BadInputError(f"there is no token {token_id!r}; `flujo tokens list` shows them")
    row.revoked_at = row.revoked_at or at
    rows.add(row)
    return _to_record(row)


def list_tokens(rows: Transaction, repository: str = "") -> tuple[IngestToken, ...]:
    """Return the tokens of a repository ("": of all), oldest first."""
    query = select(IngestTokenRow).order_by(col(IngestTokenRow.created_at), col(IngestTokenRow.id))
    if repository:
        query = query.where(IngestTokenRow.repository == repository)
    return tuple(_to_record(row) for row in rows.exec(query))


def _hash(secret: str) -> str:
    return sha256(secret.encode(errors="surrogateescape")).hexdigest()


def _to_record(row: IngestTokenRow) -> IngestToken:
    return IngestToken(row.id, row.repository, row.created_at, row.revoked_at)
