"""Printing answers while they come."""

import sys

import orjson

from app.cli.output import Format
from app.errors import BadInputError
from workflow import ChunkSent, Event, Listener, StepFinished


def open_watch(stream: bool, output: Format) -> Listener | None:
    """Return what prints answers as they come, None if nobody wants that; raises `BadInputError` beside JSON."""
    if stream and output is Format.JSON:
        raise BadInputError("--stream prints text as it comes: leave --format json away")
    return ChunkPrinter() if stream else None


class ChunkPrinter:
    """A listener that prints chunks as they come: texts run on until the answer ends, everything else takes a line."""

    def __init__(self) -> None:
        self._open_span = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, ChunkSent):
            self._print(event)
        elif isinstance(event, StepFinished) and event.visit.span == self._open_span:
            self._end_line()

    def _print(self, event: ChunkSent) -> None:
        if self._open_span != event.visit.span:
            self._end_line()
        if isinstance(event.chunk, str):
            self._open_span = event.visit.span
            sys.stdout.write(event.chunk)
        else:
            self._end_line()
            sys.stdout.write(orjson.dumps(event.chunk).decode() + "\n")
        sys.stdout.flush()

    def _end_line(self) -> None:
        if self._open_span:
            sys.stdout.write("\n")
        self._open_span = 0
