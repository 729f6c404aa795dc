"""Other stores of traces as processes of their own, sent the same requests: how fast until what was sent is visible.

`FLUJO_BENCH_PEERS` names the Python interpreter that has them, this one by default: their dependencies are many, and
not ours. "Visible" is taken in their favour: the span is a row in their database.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx2

PYTHON: Final = os.environ.get("FLUJO_BENCH_PEERS") or sys.executable
_START_S: Final = 90.0
_PATIENCE_S: Final = 120.0
_PROTOBUF: Final = {"content-type": "application/x-protobuf"}


@dataclass(frozen=True, slots=True)
class TraceStore:
    """How to start one; `{port}` and `{folder}` are filled in. `database` lies in the folder."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    health: str
    database: str
    headers: Mapping[str, str]


TRACE_STORES: Final = (
    TraceStore(
        name="arize-phoenix",
        module="phoenix",
        arguments=("-m", "phoenix.server.main", "serve"),
        environment={
            "PHOENIX_WORKING_DIR": "{folder}",
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": "{port}",
            "PHOENIX_GRPC_PORT": "0",
            "PHOENIX_TELEMETRY_ENABLED": "false",
        },
        health="/healthz",
        database="phoenix.db",
        headers={},
    ),
    TraceStore(
        name="mlflow",
        module="mlflow",
        arguments=(
            *("-m", "mlflow", "server", "--host", "127.0.0.1", "--port", "{port}", "--workers"),
            *("1", "--backend-store-uri", "sqlite:///{folder}/mlflow.db"),
        ),
        environment={
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        },
        health="/health",
        database="mlflow.db",
        headers={"x-mlflow-experiment-id": "0"},
    ),
)


def is_installed(peer: TraceStore) -> bool:
    """Return whether the interpreter of the peers has it."""
    look = (
        f"import importlib.util, sys; sys.exit(importlib.util.find_spec({peer.module!r}) is None)"
    )
    return subprocess.run([PYTHON, "-c", look], check=False, capture_output=True).returncode == 0


def measure_visible(peer: TraceStore, bodies: Sequence[bytes], *, spans: int) -> tuple[int, float]:
    """Send all bodies; return how many spans were visible when patience or the spans ended, and after how many seconds.

    Raises `RuntimeError` when it doesn't start or refuses.
    """
    with TemporaryDirectory() as folder, _run(peer, folder) as address:
        headers = {**_PROTOBUF, **peer.headers}
        start = time.perf_counter()
        with httpx2.Client(timeout=_PATIENCE_S) as client:
            for body in bodies:
                answer = client.post(f"{address}/v1/traces", content=body, headers=headers)
                if not answer.is_success:
                    raise RuntimeError(f"{peer.name} answered {answer.status_code}")
        visible = 0
        while visible < spans and time.perf_counter() - start < _PATIENCE_S:
            visible = _count(Path(folder) / peer.database)
            time.sleep(0.05)
        return visible, time.perf_counter() - start


@contextmanager
def _run(peer: TraceStore, folder: str) -> Iterator[str]:
    port = str(_find_port())

    def fill(text: str) -> str:
        return text.format(port=port, folder=folder)

    process = subprocess.Popen(
        [PYTHON, *map(fill, peer.arguments)],
        cwd=folder,
        env={**os.environ, **{name: fill(value) for name, value in peer.environment.items()}},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(process, address + peer.health, peer.name)
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", address: str, name: str) -> None:
    end_s = time.monotonic() + _START_S
    while time.monotonic() < end_s and process.poll() is None:
        with suppress(httpx2.HTTPError):
            if httpx2.get(address).is_success:
                return
        time.sleep(0.2)
    raise RuntimeError(f"{name} doesn't start")


def _find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _count(database: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM spans").fetchone()[0])
    except sqlite3.Error:
        return 0
