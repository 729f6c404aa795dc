"""A receiver of webhooks in this process over a real store, and deliveries to it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import orjson
from pydantic import JsonValue
from starlette.testclient import TestClient

from app.bootstrap.web import build_web
from app.store import Store, WorkItem, list_work, open_store
from app.webhooks.routes import Webhooks
from app.webhooks.signatures import sign

SECRET = b"It's a Secret to Everybody"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PULL_REQUEST: Mapping[str, JsonValue] = {
    "action": "opened",
    "installation": {"id": 5},
    "repository": {"id": 7, "full_name": "acme/support", "default_branch": "main"},
    "sender": {"id": 1, "type": "User", "login": "ada"},
    "pull_request": {"number": 3, "title": "Secret plans", "head": {"sha": "a" * 40}},
}
BODY = orjson.dumps(PULL_REQUEST)


class Sender:
    """Sends to a receiver, and looks at what it wrote down."""

    def __init__(self, store: Store, client: TestClient) -> None:
        self.store = store
        self.client = client

    def deliver(
        self,
        body: bytes = BODY,
        *,
        event: str = "pull_request",
        delivery_id: str = "",
        signature: bytes | None = None,
        more: Sequence[tuple[str, str]] = (),
    ) -> httpx2.Response:
        """Post a delivery as GitHub would, or with another signature."""
        headers: list[tuple[str, str | bytes]] = [
            ("content-type", "application/json"),
            ("x-github-event", event),
            ("x-github-delivery", delivery_id or str(uuid.uuid4())),
            ("x-hub-signature-256", sign(body, SECRET) if signature is None else signature),
            *more,
        ]
        return self.post(body, headers)

    def post(self, body: bytes, headers: Sequence[tuple[str, str | bytes]]) -> httpx2.Response:
        """Post anything."""
        encoded = [(name.encode(), _encode(value)) for name, value in headers]
        return self.client.post("/webhooks/github", content=body, headers=encoded)

    @property
    def work(self) -> tuple[WorkItem, ...]:
        """All work that was asked for."""
        with self.store.snapshot() as rows:
            return list_work(rows)


def _encode(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


@contextmanager
def open_sender(path: Path, *, secrets: Sequence[bytes] = (SECRET,)) -> Iterator[Sender]:
    """Give a sender to a receiver over an empty store."""
    store = open_store(path / "flujo.db")
    webhooks = Webhooks(store, secrets, clock=lambda: NOW)
    try:
        with TestClient(build_web([], webhooks.router)) as client:
            yield Sender(store, client)
    finally:
        webhooks.close()
