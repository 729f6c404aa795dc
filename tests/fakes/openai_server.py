"""An OpenAI-compatible server on loopback that answers as a script says, and keeps what it was asked."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Scripted:
    """The server's address, and the bodies it was sent."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> str:
        """Return all text that was sent as messages."""
        return json.dumps([body["messages"] for body in self.asked])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answers: Sequence[tuple[int, bytes]]
    scripted: Scripted


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        server.scripted.asked.append(
            json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        )
        number = min(len(server.scripted.asked), len(server.answers)) - 1
        status, body = server.answers[number]
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving(*answers: tuple[int, bytes]) -> Iterator[Scripted]:
    """Serve these answers in turn, the last one again and again."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answers = answers
    server.scripted = Scripted(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.scripted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def patches(*proposed: object) -> tuple[int, bytes]:
    """Answer with these patches, as the one tool there is."""
    return call_tool(json.dumps({"patches": proposed}))


def call_tool(arguments: str) -> tuple[int, bytes]:
    """Answer by calling the one tool with that text, whatever it is."""
    call = {"name": "final_result", "arguments": arguments}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    }
    body = {
        "id": "chat_1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
    }
    return 200, json.dumps(body).encode()
