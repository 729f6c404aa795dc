"""How a process beside the server hears from it: one line of orders on its input, and that input's end as the end."""

import os
import select
import signal
import sys


def read_orders() -> bytes:
    """Read the first line, and leave signals to the server from now on, which ends our input."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    line = b""
    # No further than the line's end, so that what comes behind stays visible to `select`.
    while part := os.read(sys.stdin.fileno(), 1):
        line += part
        if part == b"\n":
            break
    return line


def input_ended(timeout_s: float) -> bool:
    """Wait that long at most; whether the server wants an end."""
    readable, _, _ = select.select([sys.stdin], [], [], timeout_s)
    return bool(readable)
