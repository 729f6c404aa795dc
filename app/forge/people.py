"""Who somebody is and what they may do; always judged by id, since a name can be taken over."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Account:
    """A person, a bot or an organisation; `login` is only what it is called now."""

    id: int
    login: str
    is_bot: bool = False


class Permission(IntEnum):
    """What somebody may do in a repository; more is greater."""

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5


class People(Protocol):
    """The people around one repository."""

    def me(self) -> Account:
        """Return the account that our own writes appear under."""

    def find(self, account_id: int) -> Account | None:
        """Return an account as it is called now; None for one that is gone."""

    def permission(self, account: Account) -> Permission:
        """Return what this account may do now; NONE for one that is gone, or whose login belongs to another id."""
