"""The table of the last settings of each repository that could be read: they stay in force while newer ones can't."""

from dataclasses import dataclass

from sqlmodel import select

from app.store.columns import OwnRow
from app.store.database import Transaction


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """The text of a settings file, `""` where there was none, and a commit of the default branch that has it."""

    commit: str
    text: str


class KeptSettingsRow(OwnRow, table=True):
    """A row of `kept_settings`."""

    __tablename__ = "kept_settings"

    commit: str
    text: str


def keep_settings(rows: Transaction, settings: KeptSettings) -> None:
    """Keep settings in place of older ones."""
    rows.merge(KeptSettingsRow(commit=settings.commit, text=settings.text))
    rows.flush()


def find_kept_settings(rows: Transaction) -> KeptSettings | None:
    """Return the last good settings of this repository."""
    row = rows.exec(select(KeptSettingsRow)).first()
    return KeptSettings(row.commit, row.text) if row else None
