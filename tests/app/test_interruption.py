"""Ctrl-C where Python would lose it, in a process of its own."""

import subprocess
import sys

import pytest

SWALLOWED = """
import os, signal
from app.cli.interruption import listen_for_interruption, stop_if_interrupted

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):
            pass

signal.signal(signal.SIGINT, signal.default_int_handler)
listen_for_interruption()
stop_if_interrupted()
Dying()
print("swallowed", flush=True)
try:
    stop_if_interrupted()
except KeyboardInterrupt:
    print("heeded")
"""

IGNORED = """
import os, signal
from app.cli.interruption import listen_for_interruption, stop_if_interrupted

signal.signal(signal.SIGINT, signal.SIG_IGN)
listen_for_interruption()
os.kill(os.getpid(), signal.SIGINT)
stop_if_interrupted()
print("went on")
"""

DEFECT = """
from app.cli.interruption import listen_for_interruption

class Dying:
    def __del__(self):
        raise ValueError("a defect stays visible")

listen_for_interruption()
Dying()
"""


def play(script: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    ("script", "expected"), [(SWALLOWED, "swallowed\nheeded\n"), (IGNORED, "went on\n")]
)
def test_an_interruption_is_kept_until_it_is_heeded(script: str, expected: str) -> None:
    assert play(script) == (expected, "")


def test_any_other_error_in_a_callback_is_still_told() -> None:
    assert "a defect stays visible" in play(DEFECT)[1]
