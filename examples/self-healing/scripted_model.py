"""A stand-in for a model that mends `refunds.broken.yaml`: an OpenAI-compatible server on this machine.

It runs the command it is given with `--base-url` of its own added, answers whatever that asks with one and the same
patch, and ends with the command. So the example needs no key and no network, and comes out the same every time.
"""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROMPT = """\
Say what the customer writes about.
billing: invoice, price, refund, money
delivery: parcel, late, courier
"""
ANSWER = {
    "patches": [
        {
            "opportunity_ref": "opportunity_1",
            "operations": [
                {"op": "replace", "path": "/agent_1/system_prompt", "value": PROMPT},
            ],
            "why": "The prompt doesn't say that a refund is a matter of billing.",
        }
    ]
}


def complete() -> bytes:
    """Return a chat completion that calls the one tool there is."""
    call = {"name": "final_result", "arguments": json.dumps(ANSWER)}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    usage = {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980}
    head = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini"}
    return json.dumps({**head, "choices": [choice], "usage": usage}).encode()


class Scripted(BaseHTTPRequestHandler):
    """Answers every request alike."""

    def do_POST(self) -> None:
        """Read the question, ignore it, answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = complete()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> int:
    """Serve while the command runs; return its exit code."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    environ = {**os.environ, "FLUJO_MODEL_API_KEY": "none-needed"}
    try:
        command = [*sys.argv[1:], "--base-url", url]
        return subprocess.run(command, env=environ).returncode  # noqa: S603 -- your own command
    finally:
        server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
