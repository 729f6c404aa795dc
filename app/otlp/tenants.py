"""Who sends: an ingest token stands for its repository. Looked up in the store, remembered until the store changes."""

import os
from pathlib import Path
from typing import Final, NamedTuple

from app.otlp.refusals import RefusedError
from app.store import LOCAL, Store, find_token, has_tokens

_SCHEME: Final = "bearer"
_MAX_REMEMBERED: Final = 1_000
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Tenant(NamedTuple):
    """For which repository a request speaks, and the id of the token that says so, "" where none is needed."""

    repository: str
    sender: str = ""


class Tenants:
    """Knows for whom a request speaks; on loopback, and without any token, it is the repository `local`."""

    def __init__(self, store: Store, *, on_loopback: bool) -> None:
        self._store = store
        self._on_loopback = on_loopback
        self._known: dict[str, Tenant] = {}
        self._is_open: bool | None = None
        self._seen: tuple[object, ...] = ()

    def identify(self, authorization: str | None, host: str) -> Tenant:
        """Return who sends; raises `RefusedError` (401)."""
        self._forget_if_changed()
        if authorization is None:
            return self._identify_nobody(host)
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != _SCHEME or not secret.strip():
            raise RefusedError(401, "the token goes into `Authorization: Bearer TOKEN`")
        return self._look_up(secret.strip())

    def _look_up(self, secret: str) -> Tenant:
        known = self._known.get(secret)
        if known is None:
            with self._store.snapshot() as rows:
                token = find_token(rows, secret)
            if token is None:
                raise RefusedError(401, "the token is unknown or revoked")
            known = Tenant(token.repository, token.id)
            if self._store.is_file and len(self._known) < _MAX_REMEMBERED:
                self._known[secret] = known
        return known

    def _identify_nobody(self, host: str) -> Tenant:
        if self._is_open is None or not self._store.is_file:
            with self._store.snapshot() as rows:
                self._is_open = self._on_loopback and not has_tokens(rows)
        # A page in a browser may reach loopback under another name (DNS rebinding), so the name is looked at.
        if self._is_open and _without_port(host) in _LOOPBACK_NAMES:
            return Tenant(LOCAL)
        raise RefusedError(401, "send a token; `flujo tokens create` makes one")

    def _forget_if_changed(self) -> None:
        """A token that another process revokes must not work a moment longer, and a look-up a request is dear."""
        if not self._store.is_file:
            return
        seen = tuple(_stamp(path) for path in _files(self._store.path))
        if seen != self._seen:
            self._known.clear()
            self._is_open = None
            self._seen = seen


def _files(database: Path) -> tuple[Path, Path]:
    return database, database.with_name(f"{database.name}-wal")


def _stamp(path: Path) -> object:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _without_port(host: str) -> str:
    name, separator, port = host.rpartition(":")
    return name if separator and port.isdigit() else host
