"""The parts that many of GitHub's answers share; what we don't use is left out."""

from pydantic import BaseModel

from app.forge import Account, ChangedFile, FileStatus

GHOST = Account(0, "ghost")
"""Whom GitHub shows for somebody who deleted their account."""


class WireAccount(BaseModel):
    """A person, a bot or an organisation."""

    id: int
    login: str
    type: str = "User"


class WireLabel(BaseModel):
    """A label on a thread."""

    name: str


class WireFile(BaseModel):
    """A changed file."""

    filename: str
    status: FileStatus
    sha: str | None = None
    previous_filename: str = ""


def to_account(found: WireAccount | None) -> Account:
    """Return an account; for a deleted one the ghost, who may do nothing."""
    return GHOST if found is None else Account(found.id, found.login, found.type == "Bot")


def to_file(found: WireFile) -> ChangedFile:
    """Return a changed file."""
    return ChangedFile(found.filename, found.status, found.sha or "", found.previous_filename)
