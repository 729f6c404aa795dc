"""The table of onboardings, one a repository: the pull request that adds the settings, and what we wrote into it."""

from dataclasses import dataclass, fields

from sqlalchemy import BigInteger
from sqlmodel import Field, select

from app.store.columns import OwnRow
from app.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Onboarding:
    """The pull request that sets a repository up; `number` is 0 until GitHub has given one.

    Pull requests up to `forgotten` were closed and then taken back by somebody who wants us after all.
    """

    number: int = 0
    body_sha256: str = ""
    forgotten: int = 0


class OnboardingRow(OwnRow, table=True):
    """A row of `onboardings`."""

    __tablename__ = "onboardings"

    number: int = Field(sa_type=BigInteger)
    body_sha256: str
    forgotten: int = Field(sa_type=BigInteger)


def save_onboarding(rows: Transaction, onboarding: Onboarding) -> None:
    """Insert the repository's onboarding, or replace it."""
    values = {item.name: getattr(onboarding, item.name) for item in fields(Onboarding)}
    rows.merge(OnboardingRow(**values))
    rows.flush()


def find_onboarding(rows: Transaction) -> Onboarding | None:
    """Return the repository's onboarding; None before it began."""
    row = rows.exec(select(OnboardingRow)).first()
    return Onboarding(row.number, row.body_sha256, row.forgotten) if row else None
