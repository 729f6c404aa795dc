"""Receives webhooks on loopback, checks their signature, and answers as told."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.e2e.github_server import WEBHOOK_SECRET

_PATIENCE_S = 10.0


@dataclass
class HookReceiver:
    """What arrived, in order."""

    url: str = ""
    answer: int = 202
    guids: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    is_signed: list[bool] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def wait_until(self, arrived: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(arrived, timeout=_PATIENCE_S), "nothing arrived"

    def take(self, guid: str, event: str, signature: str, body: bytes) -> None:
        digest = hmac.new(WEBHOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
        with self._news:
            self.guids.append(guid)
            self.events.append(event)
            self.actions.append(json.loads(body).get("action", ""))
            self.is_signed.append(hmac.compare_digest(signature, f"sha256={digest}"))
            self._news.notify_all()


@contextmanager
def open_receiver() -> Iterator[HookReceiver]:
    """Give a receiver that listens until the end."""
    receiver = HookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            facts = ("X-GitHub-Delivery", "X-GitHub-Event", "X-Hub-Signature-256")
            guid, event, signature = (self.headers.get(name, "") for name in facts)
            receiver.take(guid, event, signature, body)
            self.send_response(receiver.answer)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
