"""Who may do what, over the API. See https://docs.github.com/en/rest/collaborators/collaborators."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel

from app.errors import GitHubNotFoundError
from app.forge import Account, Permission
from app.github.api import RepositoryApi, in_path, parse
from app.github.wire import WireAccount, to_account

_ROLES = {
    "read": Permission.READ,
    "pull": Permission.READ,
    "triage": Permission.TRIAGE,
    "write": Permission.WRITE,
    "push": Permission.WRITE,
    "maintain": Permission.MAINTAIN,
    "admin": Permission.ADMIN,
}


@dataclass(frozen=True, slots=True)
class GitHubPeople:
    """Implements `app.forge.People`; `identify` finds out who we are."""

    api: RepositoryApi
    identify: Callable[[], Account]

    def me(self) -> Account:
        """Return the account our own writes appear under."""
        return self.identify()

    def find(self, account_id: int) -> Account | None:
        """Return an account as it is called now; see https://docs.github.com/en/rest/users/users."""
        try:
            answer = self.api.read_elsewhere(f"/user/{account_id}")
        except GitHubNotFoundError:
            return None
        return to_account(parse(WireAccount, answer, "an account"))

    def permission(self, account: Account) -> Permission:
        """Return what this account may do now."""
        try:
            path = f"/collaborators/{in_path(account.login)}/permission"
            found = parse(_WirePermission, self.api.read(path), "a permission")
        except GitHubNotFoundError:
            return Permission.NONE
        if found.user is None or found.user.id != account.id:
            return Permission.NONE
        # A role of the owners' own making is named freely; `permission` is what it amounts to.
        return _ROLES.get(found.role_name, _ROLES.get(found.permission, Permission.NONE))


class _WirePermission(BaseModel):
    permission: str
    role_name: str = ""
    user: WireAccount | None = None
