"""Which token a request carries: an installation's, narrowed to one repository and one kind of thing, or a person's."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from github.Auth import Auth
from github.Auth import Token as TokenAuth
from pydantic import BaseModel, JsonValue, ValidationError

from app.errors import GitHubPermissionError, GitHubRefusedError, GitHubUnavailableError
from app.github.connection import Clock, Connection, Request
from app.github.permissions import Scope

_MARGIN = timedelta(minutes=5)

Connect = Callable[[Auth], Connection]


class Grants(Protocol):
    """Gives connections that may do what a scope says."""

    def connection(self, scope: Scope) -> Connection:
        """Return a connection with at least these rights."""

    def renew(self, scope: Scope, refused: Connection) -> Connection | None:
        """Return another connection after GitHub refused this one's token, if there can be one."""


@dataclass(frozen=True, slots=True)
class PersonalGrants:
    """A person's token; it can do what it can do, whatever the scope, and once refused it stays so."""

    _connection: Connection

    def connection(self, scope: Scope) -> Connection:  # noqa: ARG002 -- a token can't be narrowed
        """Return the only connection there is."""
        return self._connection

    def renew(self, scope: Scope, refused: Connection) -> None:  # noqa: ARG002
        """Return nothing: there is no other token."""
        return


@dataclass(frozen=True, slots=True)
class _Grant:
    connection: Connection
    expires_at: datetime


class InstallationGrants:
    """Tokens of one installation for one repository, one a scope; made when needed, kept until shortly before they end.

    Without a repository they only serve to list what the installation reaches.
    """

    def __init__(
        self,
        installation_id: int,
        repository_id: int | None,
        *,
        app: Connection,
        connect: Connect,
        clock: Clock,
    ) -> None:
        self._path = f"/app/installations/{installation_id}/access_tokens"
        self._repository_id = repository_id
        self._app = app
        self._connect = connect
        self._clock = clock
        self._lock = threading.Lock()
        self._grants: dict[frozenset[tuple[str, str]], _Grant] = {}

    def connection(self, scope: Scope) -> Connection:
        """Return a connection with exactly these rights; raises `GitHubPermissionError` when they weren't granted."""
        key = frozenset(scope.items())
        with self._lock:
            known = self._grants.get(key)
            if known is None or known.expires_at - _MARGIN <= self._clock():
                known = self._grants[key] = self._make(scope)
            return known.connection

    def renew(self, scope: Scope, refused: Connection) -> Connection:
        """Make another token, unless somebody else just did."""
        key = frozenset(scope.items())
        with self._lock:
            known = self._grants.get(key)
            if known is not None and known.connection is refused:
                del self._grants[key]
        return self.connection(scope)

    def _make(self, scope: Scope) -> _Grant:
        body: dict[str, JsonValue] = {"permissions": {name: scope[name] for name in scope}}
        if self._repository_id is not None:
            body["repository_ids"] = [self._repository_id]
        request = Request("POST", self._path, body=body)
        try:
            made = _Minted.model_validate(self._app.send(request).body)
        except GitHubRefusedError as error:  # more was asked for than the owners agreed to
            raise GitHubPermissionError(error.request, error.status, error.detail) from error
        except ValidationError as error:
            raise GitHubUnavailableError(request.name, 201, "no token in the answer") from error
        return _Grant(self._connect(TokenAuth(made.token)), made.expires_at)


class _Minted(BaseModel):
    token: str
    expires_at: datetime
