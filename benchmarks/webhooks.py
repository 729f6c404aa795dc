"""Measures webhooks: how soon a delivery is acknowledged with the store on, and whether a burst of them is worked off.

Run with `python -m benchmarks.webhooks [seconds]`. Deliveries are sent at a fixed pace whatever the answers do, by this
process, to a server in another; beside it a bare ASGI application that checks the signature and nothing else.
"""

import argparse
import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest, digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvicorn

from app.bootstrap.jobs import tell_time
from app.jobs.advance import Workshop
from app.jobs.handlers import Context
from app.jobs.worker import QueuePlace, run_jobs
from app.store import WorkState, count_work, open_store
from app.webhooks.receiver import SECRET_VARIABLE
from benchmarks.table.rows import print_load, print_row

_SECRET = b"benchmark"
_PACE = 300
_BURST, _KEYS = 10_000, 2_000
_CONNECTIONS = 64
_SHA = "a" * 40


def main() -> None:
    """Print the acknowledgements of both servers, then what a burst needs."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("seconds", type=int, nargs="?", default=10)
    given = arguments.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ[SECRET_VARIABLE] = _SECRET.decode()
    print_load()
    with TemporaryDirectory() as folder:
        data = Path(folder)
        asyncio.run(_measure(data, given.seconds))


async def _measure(data: Path, seconds: int) -> None:
    requests = [_make_request(number) for number in range(seconds * _PACE)]
    async with _start("-m", "benchmarks.webhooks", "--bare") as (bare, process):
        bare_ms = await _send_paced(bare, requests)
        bare_cost_ms = _processor_ms(process.pid) / len(requests)
    serve = ("-m", "app", "serve", "--port", "0", "--data-dir", str(data))
    async with _start(*serve) as (server, process):
        before_ms = _processor_ms(process.pid)
        full_ms = await _send_paced(server, requests)
        cost_ms = (_processor_ms(process.pid) - before_ms) / len(requests)
        _print_times("bare ASGI with HMAC", bare_ms, None)
        _print_times("server, store on", full_ms, bare_ms)
        name = "server: processor time a delivery"
        print_row(name, cost_ms, "ms", target=1000 / _PACE, reference=bare_cost_ms, of="bare")
        await _measure_burst(data, server, process.pid)


def _print_times(name: str, times_ms: Sequence[float], beside_ms: Sequence[float] | None) -> None:
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        target = 100.0 if beside_ms is not None and label == "p99" else None
        reference = _quantile(beside_ms, share) if beside_ms is not None else None
        figure = _quantile(times_ms, share)
        title = f"{name}: ack {label} at {_PACE}/s"
        print_row(title, figure, "ms", target=target, reference=reference, of="bare")


async def _measure_burst(data: Path, server: str, pid: int) -> None:
    requests = [_make_request(number % _KEYS + 1_000_000) for number in range(_BURST)]
    started_s = time.monotonic()
    await _send_all(server, requests)
    print_row(f"burst of {_BURST:,}: acknowledged", _BURST / (time.monotonic() - started_s), "/s")
    print_row("burst: server's peak memory", _peak_mib(pid), "MiB", target=300)
    store = open_store(data / "flujo.db")
    started_s = time.monotonic()
    async with _start("-m", "benchmarks.webhooks", "--work", str(data)) as (_, worker):
        while True:
            with store.snapshot() as rows:
                counts = count_work(rows)
            if counts[WorkState.DONE] >= sum(counts.values()):
                break
            await asyncio.sleep(0.2)
        print_row(
            "burst: turns made", counts[WorkState.DONE] / (time.monotonic() - started_s), "/s"
        )
        print_row("burst: worker's peak memory", _peak_mib(worker.pid), "MiB", target=300)


def _make_request(number: int) -> bytes:
    body = orjson.dumps(
        {
            "action": "synchronize",
            "installation": {"id": number % 20 + 1},
            "repository": {"id": number % 50 + 1, "default_branch": "main"},
            "sender": {"id": 1, "type": "User"},
            "pull_request": {"number": number + 1, "head": {"sha": _SHA}, "body": "x" * 8_000},
        }
    )
    signature = digest(_SECRET, body, sha256).hex()
    head = (
        "POST /webhooks/github HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nx-github-event: pull_request\r\n"
        f"x-github-delivery: {uuid.uuid4()}\r\nx-hub-signature-256: sha256={signature}\r\n\r\n"
    )
    return head.encode() + body


async def _send_paced(server: str, requests: Sequence[bytes]) -> list[float]:
    """Send at a fixed pace; returns how long each answer took after its time had come, in milliseconds."""
    times_ms: list[float] = []
    async with _Connections.open(server) as connections:
        started_s = time.monotonic() + 0.2

        async def send(number: int, request: bytes) -> None:
            due_s = started_s + number / _PACE
            await asyncio.sleep(due_s - time.monotonic())
            await connections.post(request)
            times_ms.append((time.monotonic() - due_s) * 1000)

        await asyncio.gather(*(send(*each) for each in enumerate(requests)))
    return times_ms


async def _send_all(server: str, requests: Sequence[bytes]) -> None:
    async with _Connections.open(server) as connections:
        await asyncio.gather(*(connections.post(request) for request in requests))


@dataclass
class _Connections:
    """Kept connections, which requests wait for."""

    free: "asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]"

    @classmethod
    @asynccontextmanager
    async def open(cls, server: str) -> AsyncIterator["_Connections"]:
        place = urlsplit(server)
        free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        opened = [
            await asyncio.open_connection(place.hostname, place.port) for _ in range(_CONNECTIONS)
        ]
        for each in opened:
            free.put_nowait(each)
        try:
            yield cls(free)
        finally:
            for _, writer in opened:
                writer.close()
                await writer.wait_closed()

    async def post(self, request: bytes) -> None:
        """Send until it is taken: a server that is behind says so, and is asked again."""
        status = b""
        while status != b"202":
            reader, writer = await self.free.get()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            status = head.split(b" ", 2)[1]
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            self.free.put_nowait((reader, writer))
            if status not in {b"202", b"429"}:
                raise AssertionError(head)


@asynccontextmanager
async def _start(*arguments: str) -> AsyncIterator[tuple[str, "subprocess.Popen[str]"]]:
    """Run a process that ends with us; gives the last word of its first line."""
    process = subprocess.Popen(  # noqa: ASYNC220 -- nothing else is done meanwhile
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1], process
    finally:
        process.terminate()
        process.communicate()


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _processor_ms(pid: int) -> float:
    """Return the processor time of a process, which says the same on a busy machine."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


async def _bare_app(scope: Any, receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = dict(scope["headers"])
    expected = b"sha256=" + digest(_SECRET, body, sha256).hex().encode()
    status = 202 if compare_digest(expected, headers[b"x-hub-signature-256"]) else 401
    head = {"status": status, "headers": [(b"content-length", b"2")]}
    await send({"type": "http.response.start", **head})
    await send({"type": "http.response.body", "body": b"{}"})


def _serve_bare() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(_bare_app, log_config=None, access_log=False, lifespan="off", ws="none")
    uvicorn.Server(config).run(sockets=[listener])


def _work(data: Path) -> None:
    """Run pull requests' work, which here is none, until the input ends."""

    def look(_: Context, __: str) -> None:
        return None

    folder = data / "benchmark"
    folder.mkdir()
    kinds = dict.fromkeys(("pull_request", "reconcile", "tidy_up"), look)
    workshop = Workshop(open_store(data / "flujo.db"), kinds, tell_time)
    print("ready", flush=True)
    run_jobs(workshop, QueuePlace(folder), lambda s: bool(select.select([sys.stdin], [], [], s)[0]))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--bare"]:
            _serve_bare()
        case ["--work", place]:
            _work(Path(place))
        case _:
            main()
