"""A real server process, which may be stopped or killed with everything it started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.store import Selection, open_store
from app.use_cases.read_statistics import Statistics, read_statistics

_PATIENCE_S = 60.0


class Server:
    """`flujo serve` on a free port of loopback, in a process group of its own."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.data = data
        command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data-dir", str(data)]
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.kill()
            raise AssertionError(self.process.communicate()[1])
        self.address = line.split()[-1]

    def stop(self) -> str:
        """Ask it to stop, wait until it has, and return its log."""
        self.process.terminate()
        log = self.process.communicate(timeout=_PATIENCE_S)[1]
        assert self.process.returncode == 0, log
        return log

    def kill(self) -> None:
        """Kill it and its worker, now."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=_PATIENCE_S)

    def statistics(self, *, spans: int) -> Statistics:
        """Return the statistics once so many spans count, or what there is when patience ends."""
        store = open_store(self.data / "flujo.db")
        end_s = time.monotonic() + _PATIENCE_S
        while True:
            found = read_statistics(store, Selection())
            if found.spans >= spans or time.monotonic() > end_s:
                return found


@contextmanager
def serve(data: Path, *arguments: str) -> Iterator[Server]:
    """Run a server; it is killed at the end if it is still there."""
    server = Server(data, *arguments)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
