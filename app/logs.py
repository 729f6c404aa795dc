"""Where log lines go: to standard error, one line an event, only our own events and others' warnings."""

import logging
import sys


def log_to_stderr() -> None:
    """Show the events of this process on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("app").setLevel(logging.INFO)
