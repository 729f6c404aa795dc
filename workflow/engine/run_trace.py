"""A run as an OpenTelemetry trace: the ids of its spans, and the instant they are counted from."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from workflow.engine.events import RunStarted
from workflow.engine.span_likeness import Likeness, SpanCache

_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)


class SpanIds(dict[int, str]):
    """Ids of a trace's spans by their number, each made once; from 1, because an id of zeros is no id."""

    def __init__(self, prefix: str, suffixes: list[str]) -> None:
        super().__init__()
        self._prefix = prefix
        self._suffixes = suffixes

    def __missing__(self, number: int) -> str:
        suffixes = self._suffixes
        while number >= len(suffixes):
            suffixes.append(f"{len(suffixes) + 1:08x}")
        made = self[number] = self._prefix + suffixes[number]
        return made


class Trace(NamedTuple):
    """One run as a trace: its ids, when it began, and what its spans have in common, by step."""

    run: RunStarted
    trace_id: str
    span_ids: SpanIds
    began_ns: int
    steps: dict[str, Likeness]
    attempts: dict[str, Likeness]


def open_trace(run: RunStarted, cache: SpanCache) -> Trace:
    """Return the trace of a run that began; the same run always has the same ids."""
    digest = hashlib.blake2b(run.run_id.encode(), digest_size=20).hexdigest()
    began_ns = (run.started_at - _EPOCH) // _MICROSECOND * 1000
    spec = run.spec_sha256, run.spec_path
    return Trace(
        run,
        digest[:32],
        SpanIds(digest[32:], cache.suffixes),
        began_ns,
        cache.steps.setdefault(spec, {}),
        cache.attempts.setdefault(spec, {}),
    )
