"""A small order service on loopback that really fails now and then: the upstream of this example.

Its orders are invented, its failures are not: a 503 is a 503 on the wire and a slow answer takes that long. Which
request fails follows from the seed, the order number and how often that order was asked for, so a run can be repeated.

    python order_server.py --port 0 --fail-rate 0.12 --slow 0.03 --seed 7

prints `http://127.0.0.1:PORT` once it listens. While it runs, `POST /_degrade?latency_s=2&fail_rate=0.5` makes it worse
for every request that follows; values left out go back to those it was started with.
"""

import argparse
import contextlib
import hashlib
import json
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_ORDER_PATH = re.compile(r"/orders/([A-Z]{1,2}-\d{4,6})")
_STATES = ("delivered", "delivered", "delivered", "shipped", "processing", "refunded")
_MAX_LATENCY_S = 60.0


@dataclass(frozen=True)
class Behaviour:
    """How the service treats a request: chance of a 503, chance of `slow_s` seconds, seconds every answer takes."""

    fail_rate: float = 0.12
    slow_rate: float = 0.03
    slow_s: float = 0.5
    latency_s: float = 0.0


class OrderServer(ThreadingHTTPServer):
    """The service; port 0 picks a free one, `url` says which."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port=0, seed=0, behaviour=None):
        super().__init__(("127.0.0.1", port), _Handler)
        self.seed = seed
        self.initial = self.behaviour = behaviour or Behaviour()
        self._asked = Counter()
        self._lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def next_luck(self, order_id):
        """Return two numbers in [0, 1) for the next request about an order: one for failing, one for being slow."""
        with self._lock:
            self._asked[order_id] += 1
            number = self._asked[order_id]
        return _luck(self.seed, order_id, number, "fail"), _luck(
            self.seed, order_id, number, "slow"
        )


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        match = _ORDER_PATH.fullmatch(urlsplit(self.path).path)
        if not match:
            return self._send(404, {"error": "GET /orders/A-10482"})
        behaviour = self.server.behaviour
        fail, slow = self.server.next_luck(match[1])
        time.sleep(behaviour.latency_s + (behaviour.slow_s if slow < behaviour.slow_rate else 0))
        if fail < behaviour.fail_rate:
            return self._send(503, {"error": "try again in a moment"})
        order = invent_order(match[1])
        return self._send(200, order) if order else self._send(404, {"error": "no such order"})

    def do_POST(self):
        url = urlsplit(self.path)
        if url.path != "/_degrade":
            return self._send(404, {"error": "POST /_degrade?latency_s=2&fail_rate=0.5"})
        try:
            changes = _parse_changes(url.query)
        except ValueError as error:
            return self._send(400, {"error": str(error)})
        self.server.behaviour = replace(self.server.initial, **changes)
        return self._send(200, changes)

    def log_message(self, *args):
        """Say nothing: hundreds of runs ask."""

    def _send(self, status, body):
        text = json.dumps(body).encode()
        with contextlib.suppress(ConnectionError):  # the caller gave up waiting
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)


def invent_order(order_id):
    """Return the order of that number, always the same; None for one number in twenty."""
    number = int.from_bytes(_digest("order", order_id)[:8], "big")
    if number % 20 == 0:
        return None
    return {
        "order_id": order_id,
        "state": _STATES[number % len(_STATES)],
        "age_days": number // 7 % 90,
        "total": f"{number // 11 % 190 + 9}.{number // 13 % 100:02}",
        "currency": "EUR" if order_id.startswith("EU") else "USD",
        "simulated": True,
    }


def _parse_changes(query):
    limits = {
        "latency_s": _MAX_LATENCY_S,
        "slow_s": _MAX_LATENCY_S,
        "fail_rate": 1.0,
        "slow_rate": 1.0,
    }
    changes = {}
    for name, values in parse_qs(query).items():
        if name not in limits:
            raise ValueError(f"unknown: {name}; known: {', '.join(limits)}")
        changes[name] = float(values[-1])
        if not 0 <= changes[name] <= limits[name]:
            raise ValueError(f"{name} must lie between 0 and {limits[name]:g}")
    return changes


def _luck(*key):
    return int.from_bytes(_digest(*key)[:7], "big") / 2**56


def _digest(*key):
    return hashlib.sha256("/".join(map(str, key)).encode()).digest()


def _stop_at_eof(server):
    """Whoever started this holds the other end: it closes when that process ends, however it ends."""
    sys.stdin.read()
    server.shutdown()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8765, help="0 picks a free one")
    parser.add_argument("--fail-rate", type=float, default=Behaviour.fail_rate)
    parser.add_argument(
        "--slow", type=float, default=Behaviour.slow_rate, help="share of slow answers"
    )
    parser.add_argument("--slow-s", type=float, default=Behaviour.slow_s, help="seconds they take")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input closes")
    chosen = parser.parse_args()
    behaviour = Behaviour(chosen.fail_rate, chosen.slow, chosen.slow_s)
    with OrderServer(chosen.port, chosen.seed, behaviour) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        if chosen.until_eof:
            threading.Thread(target=_stop_at_eof, args=(server,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
