"""A page on this machine that hands a manifest to GitHub, and waits for GitHub to send the browser back with a code."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_DONE = "<p>Done. You can close this page; the rest is in your terminal.</p>"
_STRANGE = "<p>This isn't the answer we wait for.</p>"


class ManifestPage:
    """Serves one registration; `url` is what the person opens, `redirect_url` where GitHub sends them back to."""

    def __init__(self, server: HTTPServer, state: str) -> None:
        self._server = server
        self._state = state
        self.url = f"http://127.0.0.1:{server.server_address[1]}/"
        self.redirect_url = f"{self.url}created"
        self._form = ""
        self._code = ""

    def offer(self, target: str, manifest: Mapping[str, JsonValue]) -> None:
        """Show a form that posts the manifest to GitHub; nothing is sent before the person agrees."""
        value = escape(json.dumps(manifest), quote=True)
        self._form = (
            f'<form action="{escape(target, quote=True)}" method="post">'
            f'<input type="hidden" name="manifest" value="{value}">'
            "<p>GitHub will show what the App may do before it creates it.</p>"
            "<button>Go on to GitHub</button></form>"
        )

    def wait_for_code(self) -> str:
        """Serve requests until GitHub's answer to our own question arrives; return its code."""
        while not self._code:
            self._server.handle_request()
        return self._code

    def answer(self, path: str) -> tuple[int, str]:
        """Return status and content for a path that a browser asks for."""
        parts = urlsplit(path)
        if parts.path == "/":
            return 200, self._form
        found = parse_qs(parts.query)
        code, state = (found.get(name, [""])[0] for name in ("code", "state"))
        # Another page in the same browser may send anything here; it doesn't know the state.
        if parts.path != "/created" or not hmac.compare_digest(
            state.encode(), self._state.encode()
        ):
            return 404, _STRANGE
        self._code = code
        return (200, _DONE) if code else (400, _STRANGE)


@contextmanager
def open_manifest_page(state: str, *, port: int = 0) -> Iterator[ManifestPage]:
    """Listen on loopback, on a free port by default, until the end."""
    pages: list[ManifestPage] = []
    with HTTPServer(
        ("127.0.0.1", port), _make_handler(lambda path: pages[0].answer(path))
    ) as server:
        pages.append(ManifestPage(server, state))
        yield pages[0]


def _make_handler(answer: Callable[[str], tuple[int, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = (
            10  # a browser that opens a connection and says nothing doesn't hold up the others
        )

        def do_GET(self) -> None:
            status, content = answer(self.path)
            page = f"<!doctype html><meta charset=utf-8><title>Flujo</title>{content}".encode()
            self.send_response(status)
            for name, value in _HEADERS.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:  # the path holds the code
            return

    return Handler
