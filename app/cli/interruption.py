"""Ctrl-C that can't get lost.

Python drops a `KeyboardInterrupt` that lands in a callback from C, and `asyncio.Runner` turns it into the cancelling of
a task that may be over before it ever waits: a batch would go on. So it is kept as a fact and raised again.
"""

import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_asked: list[int] = []


def listen_for_interruption() -> None:
    """Take over SIGINT, unless whoever started the process had it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
        sys.unraisablehook = _tell_unraisable


def stop_if_interrupted() -> None:
    """Raise again what a callback swallowed: call it between two pieces of work."""
    if _asked:
        raise KeyboardInterrupt


def _interrupt(number: int, _: FrameType | None) -> None:
    _asked.append(number)
    raise KeyboardInterrupt


def _tell_unraisable(found: "UnraisableHookArgs") -> None:
    # What was interrupted while it was built can't be closed in order either.
    if not _asked:
        sys.__unraisablehook__(found)
