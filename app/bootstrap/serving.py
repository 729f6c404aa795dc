"""Builds the server: the receivers in this process, and what works off what they took in others."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Final

import orjson
import uvicorn

from app.bootstrap.jobs import JobOptions, tell_time
from app.bootstrap.web import build_web
from app.errors import BadInputError
from app.logs import log_to_stderr
from app.otlp.backlog import Backlog
from app.otlp.routes import build_app
from app.otlp.tenants import Tenants
from app.segments.group_commit import GroupCommit
from app.segments.layout import DataFolder
from app.segments.texts import TEXT_DAYS
from app.segments.worker import WorkerOptions
from app.store import Store, list_tokens, open_store
from app.webhooks.receiver import SECRET_VARIABLE
from app.webhooks.routes import Webhooks
from app.webhooks.signatures import read_secrets

_LOG: Final = logging.getLogger(__name__)
_GRACE_S: Final = 30
_WATCH_EVERY_S: Final = 1.0
_MAX_CONNECTIONS: Final = 1_000
_STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve; `database` is a PostgreSQL URL, None for a file in `data`; `history` a folder or an fsspec URL.

    `keep_text` keeps what people and models wrote, redacted and apart, for `keep_text_days`.
    """

    host: str
    port: int
    data: Path
    database: str | None = None
    history: str | None = None
    keep_days: int | None = None
    keep_text: bool = False
    keep_text_days: int = TEXT_DAYS


def serve_forever(options: ServeOptions, *, announce: Callable[[str], None]) -> None:
    """Serve until a signal comes, then finish what was begun and work the log off.

    `announce` is told the address. Raises `BadInputError` for an address that can't be had, or one that others can
    reach while nobody needs a token.
    """
    folder = DataFolder(options.data)
    folder.make()
    store = open_store(folder.database, url=options.database)
    secrets = read_secrets(os.environ.get(SECRET_VARIABLE))
    on_loopback = is_loopback(options.host)
    if not on_loopback:
        _demand_tokens(store, options.host)
    with _listen(options.host, options.port) as listener:
        log_to_stderr()
        log = GroupCommit(folder.segments)
        texts = GroupCommit(folder.texts) if options.keep_text else None
        worker = WorkerProcess("app.segments.worker", _worker_options(options))
        webhooks = Webhooks(store, secrets, clock=tell_time)
        jobs = WorkerProcess("app.bootstrap.jobs", _job_options(options)) if secrets else None
        traces = build_app(
            log,
            Tenants(store, on_loopback=on_loopback),
            Backlog(folder, store),
            is_worked_off=worker.is_alive,
            texts=texts,
            neighbours=(webhooks,),
        )
        app = build_web(traces.routes, webhooks.router)
        announce(_address(listener))
        try:
            _run_until_signalled(_make_server(app), listener)
        finally:
            webhooks.close()
            if jobs:
                jobs.stop()
            log.close()
            if texts:
                texts.close()
            worker.stop()


def is_loopback(host: str) -> bool:
    """Return whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class WorkerProcess:
    """A process beside the server; when it dies it is started again, for it can always go on."""

    def __init__(self, module: str, options: WorkerOptions | JobOptions) -> None:
        self._module = module
        self._options = options
        self._stopping = threading.Event()
        self._process = self._start()
        self._watch = threading.Thread(target=self._keep_alive, name="worker-watch", daemon=True)
        self._watch.start()

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Let it finish what it has to, and wait for that."""
        self._stopping.set()
        self._watch.join()
        assert self._process.stdin is not None
        self._process.stdin.close()
        if self._process.wait():
            _LOG.error(
                "worker_died module=%s status=%s at the end",
                *(self._module, self._process.returncode),
            )

    def _start(self) -> "subprocess.Popen[bytes]":
        # It hears of the end by its input: what a terminal or a supervisor sends to us all must not stop it midway.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            process = subprocess.Popen(  # noqa: S603 -- a module of ours
                [sys.executable, "-m", self._module], stdin=subprocess.PIPE, env=_spare_secret()
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        assert process.stdin is not None
        # Not an argument: a database's URL may hold a password, and everybody may read arguments.
        process.stdin.write(orjson.dumps(asdict(self._options)) + b"\n")
        process.stdin.flush()
        return process

    def _keep_alive(self) -> None:
        while not self._stopping.wait(_WATCH_EVERY_S):
            if not self.is_alive():
                _LOG.error(
                    "worker_died module=%s status=%s", self._module, self._process.returncode
                )
                self._process = self._start()


def _spare_secret() -> dict[str, str]:
    """Return our environment without what only the receiver of webhooks needs."""
    return {name: value for name, value in os.environ.items() if name != SECRET_VARIABLE}


def _demand_tokens(store: Store, host: str) -> None:
    with store.snapshot() as rows:
        if any(token.revoked_at is None for token in list_tokens(rows)):
            return
    raise BadInputError(
        f"{host} can be reached by others, and there is no ingest token; make one with"
        " `flujo tokens create --repository NAME --data-dir DIR`, or serve on 127.0.0.1"
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInputError(f"can't listen on {host}:{port}: {reason}") from None


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _make_server(app: object) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def _run_until_signalled(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, and come back from either: there is something to be done afterwards."""

    def ask_to_stop(_: int, __: FrameType | None) -> None:
        server.should_exit = True

    # The server has handlers of its own while it runs; before and after it these are in force.
    for number in _STOP_SIGNALS:
        signal.signal(number, ask_to_stop)
    server.run(sockets=[listener])


def _job_options(options: ServeOptions) -> JobOptions:
    return JobOptions(str(options.data.resolve()), options.database)


def _worker_options(options: ServeOptions) -> WorkerOptions:
    data = str(options.data.resolve())
    return WorkerOptions(
        data, options.database, options.history, options.keep_days, options.keep_text_days
    )
