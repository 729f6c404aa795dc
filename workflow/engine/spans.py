"""A listener that tells runs as OpenTelemetry spans; it only keeps the events, so that no step waits for its span."""

from telemetry import Span
from workflow.engine.events import Event, RunFinished, RunStarted
from workflow.engine.span_likeness import SpanCache
from workflow.engine.span_writer import write_spans


class SpanCollector:
    """Keeps what happened in finished runs until it is taken as spans; takes one run after the other."""

    def __init__(self) -> None:
        self._open: list[Event] = []
        self._finished: list[list[Event]] = []
        self._cache = SpanCache()

    def __call__(self, event: Event) -> None:
        kind = type(event)
        if kind is RunStarted:
            self._open = []
        self._open.append(event)
        if kind is RunFinished:
            self._finished.append(self._open)

    def take(self) -> list[Span]:
        """Return the spans of the runs that have finished since the last call."""
        taken, self._finished = self._finished, []
        return [span for events in taken for span in write_spans(events, self._cache)]
