"""What people and models wrote into spans, kept apart from everything that counts, and not for long.

Only where somebody asked for it: a second log, `texts/` beside `segments/`, whose frames hold texts that were redacted
before. Nothing but `flujo store text` reads them; no statistic, no history, no back-up has any of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from app.segments.frames import Frame
from app.segments.log import Segment, list_segments
from app.segments.redaction import redact
from telemetry import OtlpError
from telemetry.volume import Encoding, FreeText, find_texts

TEXT_DAYS: Final = 7
"""How long texts are kept unless said otherwise."""

_MAX_CHARS: Final = 1_000_000
"""Characters of one body that are looked at for what must not be kept; what comes behind them is left out."""

_DAY_NS: Final = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text of a span, redacted; `received_ns` is when its request came."""

    repository: str
    received_ns: int
    text: FreeText


def frame_texts(frame: Frame) -> Frame | None:
    """Return the texts of a body as a frame of their own, redacted; None where it has none.

    `frame` holds the body as it came. It is read as far as it can be: what is wrong with it others will say.
    """
    try:
        found = find_texts(frame.body, frame.encoding)
    except OtlpError:
        return None
    kept = [
        text._replace(name=redact(text.name), text=redact(text.text))
        for text in _within_limit(found)
    ]
    if not kept:
        return None
    body = orjson.dumps([tuple(text) for text in kept])
    return Frame(frame.repository, frame.received_ns, Encoding.JSON, body, sender=frame.sender)


def list_texts(
    folder: Path, *, repository: str = "", trace_id: str = "", step_id: str = "", limit: int
) -> list[KeptText]:
    """Return texts, the newest first, each once; "" wants all repositories, traces or steps."""
    distinct: dict[FreeText, KeptText] = {}
    for kept in _read_back(folder):
        text = kept.text
        if (
            (not repository or kept.repository == repository)
            and (not trace_id or text.trace_id == trace_id)
            and (not step_id or text.step_id == step_id)
        ):
            distinct.setdefault(text, kept)
            if len(distinct) >= limit:
                break
    return list(distinct.values())


def drop_texts(folder: Path, *, keep_days: int, now_ns: int) -> int:
    """Delete what began to be written `keep_days` ago or earlier; returns how many files.

    A writer that holds such a file goes on in a new one, for the old one is too old for it too.
    """
    old = [
        segment
        for segment in list_segments(folder)
        if int(segment.name[:20]) <= now_ns - keep_days * _DAY_NS
    ]
    for segment in old:
        segment.path.unlink(missing_ok=True)
    return len(old)


def _within_limit(found: list[FreeText]) -> Iterator[FreeText]:
    left = _MAX_CHARS
    for text in found:
        left -= len(text.text)
        if left < 0:
            return
        yield text


def _read_back(folder: Path) -> Iterator[KeptText]:
    for segment in reversed(list_segments(folder)):
        for frame in reversed(list(_iterate(segment))):
            for values in reversed(orjson.loads(frame.body)):
                yield KeptText(frame.repository, frame.received_ns, FreeText(*values))


def _iterate(segment: Segment) -> Iterator[Frame]:
    offset = 0
    while frames := list(segment.read(offset)):
        offset = frames[-1][1]
        yield from (frame for frame, _ in frames)
